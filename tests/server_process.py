"""A real `weighbridge` in a folder of its own, started and stopped by a test."""

import base64
import json
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import requests
import scaleapi

from canary import CANARY

REPOSITORY = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("WEIGHBRIDGE_BIN", REPOSITORY / "target/debug/weighbridge"))
PASSWORD = "correct horse battery staple"
ADMIN_EMAIL = "ada@example.com"
START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 30


def run_command(*arguments, folder, password=None):
    """Runs `weighbridge` with arguments and waits for its end. Only `password` comes from the
    environment; settings of the developer's own shell do not reach it."""
    done = subprocess.run(
        [BINARY, *map(str, arguments)],
        cwd=folder,
        env=_environment(password),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    CANARY.add("password", password)
    CANARY.add_keys(done.stdout)
    CANARY.keep("standard error of commands", done.stderr)
    return done


class Listener:
    """`weighbridge listen` with an API key of its own; what it prints is read as it comes."""

    def __init__(self, folder, url, api_key, forward, *arguments, **secrets):
        self._changed = threading.Condition()
        self._told = []
        self._said = ""
        self._process = subprocess.Popen(
            [BINARY, "listen", "--json", "--url", url, "--forward", forward, *arguments],
            cwd=folder,
            env={**_environment(None), "WEIGHBRIDGE_API_KEY": api_key, **secrets},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for read, pipe in ((self._tell, self._process.stdout), (self._say, self._process.stderr)):
            threading.Thread(target=self._read, args=(read, pipe), daemon=True).start()

    def __enter__(self):
        self.wait_until(lambda: "Connected to" in self._said)
        return self

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(STOP_SECONDS_MAX) == 0, self._said
        CANARY.keep("standard error of listen", self._said)

    @property
    def told(self):
        """What it printed so far: an object a callback."""
        return list(self._told)

    @property
    def said(self):
        """What it wrote to standard error so far."""
        return self._said

    def wait_until(self, condition, timeout_seconds=30):
        """Waits until a condition over what it said and told holds."""
        with self._changed:
            held = self._changed.wait_for(condition, timeout_seconds)
        assert held, f"not within {timeout_seconds} s:\n{self._said}\n{self._told[-3:]}"

    def _read(self, take, pipe):
        for line in pipe:
            with self._changed:
                take(line)
                self._changed.notify_all()

    def _tell(self, line):
        self._told.append(json.loads(line))

    def _say(self, line):
        self._said += line


def free_port():
    """A port of 127.0.0.1 that nobody listens on, below those that the system gives to outgoing
    connections, so that it is still free after a restart."""
    for _ in range(100):
        port = random.randint(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 20000 and 32000")


@contextmanager
def dev_server(folder: Path):
    """Runs `weighbridge dev` in a folder; gives its address and what it printed."""
    port = free_port()
    CANARY.watch(folder / "dev.log")
    CANARY.watch(folder / ".weighbridge")
    with (folder / "dev.log").open("ab") as log:
        process = subprocess.Popen(
            [BINARY, "dev", "--listen", f"127.0.0.1:{port}"],
            cwd=folder,
            env=_environment(None),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        printed = ""
        for line in process.stdout:
            printed += line
            if "Ctrl-C" in line:
                break
        CANARY.add_keys(printed)
        for password in re.findall(r"\S+@\S+ +password (\S+)", printed):
            CANARY.add("password", password)
        yield f"http://127.0.0.1:{port}", printed
    finally:
        process.stdout.close()
        process.send_signal(signal.SIGINT)
        code = process.wait(STOP_SECONDS_MAX)
    assert code == 0, f"`dev` ended with {code}"


class ServerProcess:
    """`weighbridge serve` on 127.0.0.1, with an account made by `bootstrap`.

    `database` is a postgres:// URL, or None for SQLite in the folder; `options` are further ones
    of `serve`.
    """

    def __init__(self, folder: Path, database: str | None = None, options=()):
        self.folder = folder
        self.data_dir = folder / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_path = folder / "serve.log"
        CANARY.watch(folder)
        self.database = database
        self._database = ["--database", database] if database else []
        self.options = list(options)
        self._process: subprocess.Popen | None = None
        self.bootstrap: dict = {}

    def make_account(self):
        """Makes the account and its Admin; the keys are in `bootstrap` afterwards."""
        done = self.command(
            "bootstrap", "--email", ADMIN_EMAIL, "--company", "Acme", "--json", password=PASSWORD
        )
        assert done.returncode == 0, done.stderr
        self.bootstrap = json.loads(done.stdout)

    def command(self, name, *arguments, password=None):
        """Runs another command on this server's databases."""
        *noun, verb = name.split()
        return run_command(
            *noun, verb, "--data-dir", self.data_dir, *self._database, *arguments,
            folder=self.folder, password=password,
        )

    def add_user(self, email, role, password=PASSWORD):
        """Adds a person to the account."""
        done = self.command(
            "user add", "--account", "Acme", "--email", email, "--role", role, password=password
        )
        assert done.returncode == 0, done.stderr

    def start(self):
        """Starts the server and waits until it answers."""
        assert self._process is None, "the server runs already"
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    BINARY, "serve", "--data-dir", self.data_dir, *self._database,
                    "--listen", f"127.0.0.1:{self.port}",
                    "--allow-callback-network", "127.0.0.0/8", *self.options,
                ],
                cwd=self.folder,
                env=_environment(None),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not start:\n{self.log()}")
            time.sleep(0.02)

    def stop(self) -> int:
        """Asks the server to stop; its exit code."""
        if "--metrics-listen" in self.options:
            place = self.options[self.options.index("--metrics-listen") + 1]
            CANARY.keep("metrics", requests.get(f"http://{place}/metrics", timeout=30).content)
        return self._end(signal.SIGTERM)

    def pause(self, is_paused=True):
        """Stops the server where it stands, as a machine that sleeps would; or lets it go on."""
        self._process.send_signal(signal.SIGSTOP if is_paused else signal.SIGCONT)

    def kill(self):
        """Ends the server at once, as a crash would."""
        self._end(signal.SIGKILL)

    @property
    def pid(self) -> int:
        """The running process."""
        return self._process.pid

    @property
    def is_running(self):
        """Whether it has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        """What the server wrote so far, for messages."""
        return self.log_path.read_text(errors="replace")[-8000:]

    def client(self, mode) -> scaleapi.ScaleClient:
        """The official client with this account's key of a mode."""
        return scaleapi.ScaleClient(
            self.bootstrap[f"{mode}_api_key"], api_instance_url=f"{self.url}/v1"
        )

    def api(self, mode, method, path, **options) -> requests.Response:
        """One request to the API, for what the official client cannot send."""
        key = self.bootstrap[f"{mode}_api_key"]
        credentials = base64.b64encode(f"{key}:".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", **options.pop("headers", {})}
        return requests.request(
            method, f"{self.url}/v1{path}", headers=headers, timeout=30, **options
        )

    def sample_photos(self) -> list[str]:
        """Addresses of the sample photos that the server itself serves."""
        return requests.get(f"{self.url}/samples", timeout=30).json()

    def _answers(self):
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def _end(self, signal_number):
        process, self._process = self._process, None
        process.send_signal(signal_number)
        try:
            return process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the server did not stop:\n{self.log()}") from None


def _environment(password):
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("WEIGHBRIDGE_")
    }
    if password is not None:
        environment["WEIGHBRIDGE_PASSWORD"] = password
    return environment
