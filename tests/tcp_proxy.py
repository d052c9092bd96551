"""A TCP proxy that a test can cut, freeze and keep from taking new connections: a broken network."""

import socket
import threading
from urllib.parse import urlsplit

BYTES_AT_ONCE = 65_536


class TcpProxy:
    """Listens on 127.0.0.1 and passes each connection on to one address.

    `change`, if given, makes other bytes of those that come back from there.
    """

    def __init__(self, host, port, change=None):
        self._target = (host, port)
        self._change = change
        self._lock = threading.Lock()
        self._pairs = []
        self._takes_new = True
        self._flows = threading.Event()
        self._flows.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @classmethod
    def before(cls, url):
        """A proxy before a database, and the database's URL through it."""
        parts = urlsplit(url)
        proxy = cls(parts.hostname, parts.port)
        place = f"{parts.username}@127.0.0.1:{proxy.port}"
        return proxy, parts._replace(netloc=place).geturl()

    def cut(self):
        """Ends all connections and takes no new ones."""
        self.take_new(False)
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for one in (one for pair in pairs for one in pair):
            _end(one)

    def take_new(self, takes_new):
        """Whether new connections are passed on; those that are open stay."""
        self._takes_new = takes_new

    def freeze(self):
        """Passes nothing on, and tells nobody: neither side sees an end."""
        self._flows.clear()

    def mend(self):
        """All is well again."""
        self._flows.set()
        self.take_new(True)

    def ports(self):
        """The ports from which connections are passed on, as the target sees them."""
        with self._lock:
            return [there.getsockname()[1] for _, there in self._pairs if there.fileno() >= 0]

    def close(self):
        """Ends everything."""
        _end(self._listener)
        self.cut()
        self._flows.set()

    def _accept(self):
        while True:
            try:
                here, _ = self._listener.accept()
            except OSError:
                return
            if not self._takes_new:
                _end(here)
                continue
            there = socket.create_connection(self._target)
            with self._lock:
                self._pairs.append((here, there))
            for source, target, change in ((here, there, None), (there, here, self._change)):
                threading.Thread(
                    target=self._pass_on, args=(source, target, change), daemon=True
                ).start()

    def _pass_on(self, source, target, change):
        try:
            while data := source.recv(BYTES_AT_ONCE):
                self._flows.wait()
                target.sendall(change(data) if change else data)
        except OSError:
            pass
        _end(source)
        _end(target)


def _end(one):
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    one.close()
