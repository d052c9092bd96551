"""What all end-to-end tests stand on: servers, a receiver, people, a browser."""

import itertools
import os
import re
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from playwright.sync_api import sync_playwright

from app_client import AppClient
from callback_receiver import CallbackReceiver
from server_process import ADMIN_EMAIL, BINARY, PASSWORD, REPOSITORY, ServerProcess
