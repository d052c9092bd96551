"""The canary (case 113): remembers every secret that the tests use and, when all tests are done,
looks for each of them where none may be: in logs, databases, metrics, mails, error bodies and the
browser's console."""

import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import psycopg

# Shorter ones are words, not secrets: they are found anywhere.
SECRET_LENGTH_MIN = 12
API_KEY = re.compile(r"\b(?:live|test)_w[a-z][0-9A-Za-z]{30,60}\b")
SIGNING_SECRET = re.compile(r"\bwhsec_([0-9A-Za-z+/]{32,88})")
# `\x…`: how PostgreSQL writes bytes as text.
BYTES = re.compile(rb"\\x((?:[0-9a-f]{2})+)")
# What the operator keeps apart from the databases, with secrets of its own.
NOT_SEARCHED = {"secrets.toml"}


class Canary:
    """Secrets and the places to look for them."""

    def __init__(self):
        self._secrets = {}
        self._folder = Path(tempfile.mkdtemp(prefix="weighbridge-canary-"))
        self._mails = []
        self._places = []

    # --- Secrets ---

    def add(self, what, secret):
        """A secret was made or used."""
        if secret and len(secret) >= SECRET_LENGTH_MIN:
            self._secrets.setdefault(secret, what)

    def add_keys(self, text):
        """Whatever looks like a whole key or signing secret in a text that may show it."""
        for key in API_KEY.findall(text or ""):
            self.add("API key", key)
        # Without its prefix, too, it is all that a forger needs.
        for secret in SIGNING_SECRET.findall(text or ""):
            self.add("signing secret", secret)

    def add_cookies(self, cookies):
        """Pairs of name and value, as a browser or a client holds them."""
        for name, value in cookies:
            if name.endswith("wb_session"):
                self.add("session id", value)
            elif name.endswith("wb_device"):
                self.add("device cookie", value.split(".")[-1])

    # --- Places ---

    def watch(self, path):
        """A file, or a folder with all that will be in it."""
        self._places.append(Path(path))

    def keep(self, place, content):
        """Something that will be gone by then."""
        if isinstance(content, str):
            content = content.encode()
        with (self._folder / place).open("ab") as file:
            file.write(content + b"\n")

    def keep_mail(self, token, content):
        """A mail; its own link may be in it."""
        self.add("mail token", token)
        self._mails.append((token, content))

    def keep_database(self, url):
        """All rows of a PostgreSQL database."""
        name = url.rsplit("/", 1)[1]
        with psycopg.connect(url) as connection:
            tables = connection.execute(
                "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name)"
                " FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
                " AND table_schema NOT IN ('pg_catalog', 'information_schema')"
            ).fetchall()
            for (table,) in tables:
                rows = connection.execute(f"SELECT t::text FROM {table} t").fetchall()
                text = "\n".join(row for (row,) in rows).encode()
                # A secret among bytes is looked for as itself.
                raw = [bytes.fromhex(found.decode()) for found in BYTES.findall(text)]
                self.keep(f"{name} {table}", b"\n".join([text, *raw]))

    # --- The end ---

    def find(self):
        """What was found: place and kind of secret, with the number of times, but not the secret."""
        found = Counter()
        for place, secret in self._search([self._folder, *self._places]):
            found[f"{place}: {self._secrets[secret]}"] += 1
        for number, (token, content) in enumerate(self._mails):
            (self._folder / f"mail {number}").write_text(content.replace(token or "\0", ""))
        for place, secret in self._search(self._folder.glob("mail *")):
            found[f"{place}: {self._secrets[secret]}"] += 1
        return found

    def _search(self, places):
        files = [
            str(file)
            for place in places
            for file in (place.rglob("*") if place.is_dir() else [place])
            if file.is_file() and file.name not in NOT_SEARCHED
        ]
        if not files or not self._secrets:
            return
        done = subprocess.run(
            ["grep", "--fixed-strings", "--text", "--only-matching", "--with-filename", "--null",
             "--file=-", "--", *files],
            input="\n".join(self._secrets).encode(), capture_output=True, check=False,
        )
        assert done.returncode in (0, 1), done.stderr.decode()
        for line in done.stdout.splitlines():
            place, _, secret = line.partition(b"\0")
            yield place.decode(), secret.decode()

    @property
    def size(self):
        """How many secrets and places there are."""
        return len(self._secrets), len(self._places)


CANARY = Canary()
