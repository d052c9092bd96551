"""A mail server on loopback that keeps what it is given."""

import email
import email.policy
import re
import threading

from aiosmtpd.controller import Controller

from canary import CANARY

ARRIVE_SECONDS_MAX = 60


class MailServer:
    """Takes mail on 127.0.0.1. `url` is what `--smtp-url` wants."""

    def __init__(self, port):
        self.url = f"smtp://127.0.0.1:{port}"
        self.mails = []
        # What it says to each mail; one that begins with 4 or 5 is not kept.
        self.answer = "250 Taken"
        self.refused = 0
        self._arrived = threading.Condition()
        self._controller = Controller(self, hostname="127.0.0.1", port=port)
        self._controller.start()

    def close(self):
        """Stops listening."""
        self._controller.stop()

    async def handle_DATA(self, _server, _session, envelope):
        """Called for each mail."""
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text = text_of(message)
        links = re.findall(r"#(\S+)", text)
        CANARY.keep_mail(links[0] if links else None, f"{message['Subject']}\n{text}")
        if not self.answer.startswith("2"):
            with self._arrived:
                self.refused += 1
                self._arrived.notify_all()
            return self.answer
        with self._arrived:
            self.mails.append(message)
            self._arrived.notify_all()
        return self.answer

    def to(self, address):
        """The mails to an address so far, oldest first."""
        return [mail for mail in self.mails if mail["To"] == address]

    def wait(self, address, subject):
        """The newest mail to an address with a subject, once there is one; it is taken out."""

        def find():
            return next(
                (mail for mail in reversed(self.to(address)) if mail["Subject"] == subject), None
            )

        with self._arrived:
            arrived = self._arrived.wait_for(find, ARRIVE_SECONDS_MAX)
            assert arrived, f"no \"{subject}\" to {address} among {[m['Subject'] for m in self.mails]}"
            mail = find()
            self.mails.remove(mail)
        return mail


def text_of(mail):
    """The text of a mail, attachments left out."""
    return mail.get_body(("plain",)).get_content()


def link_of(mail):
    """The one-time link of a mail."""
    links = re.findall(r"^(https?://\S+#\S+)\s*$", mail.get_content(), re.MULTILINE)
    assert len(links) == 1, mail.get_content()
    return links[0]


def token_of(mail):
    """The token of a mail's link."""
    return link_of(mail).split("#")[1]
