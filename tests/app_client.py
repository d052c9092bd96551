"""The web app's side of the server without a browser: JSON by cookie session."""

import requests

from canary import CANARY


class AppClient:
    """A person who is logged in."""

    def __init__(self, url, email, password):
        self._url = url
        self._session = requests.Session()
        # Browsers send it; the server refuses what comes from another site's page.
        self._session.headers["Origin"] = url
        CANARY.add("password", password)
        self.session = self.post("/session", {"email": email, "password": password})

    def disconnect(self):
        """Drops kept connections, for a server that was started anew. The log-in stays."""
        self._session.close()

    def cookies(self):
        """Name and value of each cookie, for a browser that is to be this person's."""
        return self._session.cookies.items()

    def request(self, method, path, body=None) -> requests.Response:
        """One request under `/web`; GET has no body, the others always JSON."""
        options = {} if method == "GET" else {"json": {} if body is None else body}
        answer = self._session.request(method, f"{self._url}/web{path}", timeout=30, **options)
        CANARY.add_cookies(answer.cookies.items())
        if path.startswith("/keys") or "/signing-secrets" in path:
            CANARY.add_keys(answer.text)
            CANARY.add("imported key", (body or {}).get("text"))
        return answer

    def request_raw(self, method, address) -> requests.Response:
        """One request to any address, without a body. Its answer is not read: a stream ends with it."""
        with self._session.request(
            method, f"{self._url}{address}", timeout=30, stream=True
        ) as response:
            return response

    def get(self, path):
        """What a GET answers; a failure is an error."""
        return _content(self.request("GET", path))

    def post(self, path, body=None):
        """What a POST answers; a failure is an error."""
        return _content(self.request("POST", path, body))


def _content(response):
    assert response.status_code == 200, f"{response.request.url}: {response.text}"
    return response.json()
