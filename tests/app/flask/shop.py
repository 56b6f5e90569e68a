"""The services of a small online shop, as a team would write them: one program, four roles.

    python3 shop.py ROLE [--users URL]

ROLE is users, orders, add or subtract. Listens on a free port of 127.0.0.1, prints it on the first
line, and ends when its standard input is closed. `orders` asks the users service at URL who ordered.
"""

import argparse
import json
import os
import sys
import threading
import urllib.request

from flask import Flask, abort, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

USERS = {1: "Ada", 2: "Barbara", 3: "Grace"}
ORDERS = {1: {"user": 3, "item": "compass"}, 2: {"user": 1, "item": "loom"}}


def users_app():
    app = Flask("users")

    @app.get("/user/<int:number>")
    def user(number):
        if number not in USERS:
            abort(404)
        return jsonify(id=number, name=USERS[number])

    return app


def orders_app(users_url):
    app = Flask("orders")

    @app.get("/order/<int:number>")
    def order(number):
        if number not in ORDERS:
            abort(404)
        found = ORDERS[number]
        with urllib.request.urlopen(f"{users_url}/user/{found['user']}", timeout=5) as answer:
            user = json.load(answer)
        return jsonify(id=number, item=found["item"], user=user["name"])

    return app


def calculator_app(name, calculate):
    app = Flask(name)

    def number(argument):
        try:
            return float(request.args[argument])
        except (KeyError, ValueError):
            abort(400, f"{argument} must be a number")

    @app.get(f"/{name}")
    def result():
        return jsonify(result=calculate(number("a"), number("b")))

    return app


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["users", "orders", "add", "subtract"])
    parser.add_argument("--users", default="")
    arguments = parser.parse_args()
    app = {
        "users": users_app,
        "orders": lambda: orders_app(arguments.users),
        "add": lambda: calculator_app("add", lambda a, b: a + b),
        "subtract": lambda: calculator_app("subtract", lambda a, b: a - b),
    }[arguments.role]()

    class KeepAlive(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, *_):
            pass

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=KeepAlive)
    print(server.server_port, flush=True)

    def end_with_parent():
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=end_with_parent, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
