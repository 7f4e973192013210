#!/usr/bin/env python3
"""Asks real PostgreSQL servers what tests/semantics/*.txt ask the simulator, and writes their answers below each `----`.

    python3 tests/semantics/ask_postgresql.py tests/semantics/levels.txt [PART OF A TITLE]

Needs PostgreSQL's programs (PGBIN, by default Debian's 15) and, when run as root, a user `nobody` to run them. Servers
listen on loopback only, with their data under a temporary directory. The language is described in tests/semantics.rs.
"""
import os
import pwd
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

PGBIN = os.environ.get("PGBIN", "/usr/lib/postgresql/15/bin")
FIRST_PORT = int(os.environ.get("FIRST_PORT", 25431))
# How long a statement may take before it is said to wait.
PATIENCE_S = 1.0
USER = pwd.getpwnam("nobody") if os.getuid() == 0 else None


def demote():
    if USER:
        os.setgid(USER.pw_gid)
        os.setuid(USER.pw_uid)


def run(*args, check=True, **kwargs):
    return subprocess.run(args, preexec_fn=demote, check=check, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **kwargs).stdout


def pg(program, *args, **kwargs):
    return run(f"{PGBIN}/{program}", *args, **kwargs)


class Session:
    """A psql that is never closed, so that what it SETs stays."""

    def __init__(self, port, name):
        self.name = name
        self.process = subprocess.Popen(
            [f"{PGBIN}/psql", "-XAt", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-d", "postgres",
             "-v", "VERBOSITY=verbose"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=demote)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.got, self.busy = [], False
        # As the simulator's answers have it: the last result of several statements.
        self.pid = int(self.ask("SELECT pg_backend_pid()", patience=5).split()[-1])

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def ask(self, sql, patience=PATIENCE_S):
        self.got, self.busy = [], True
        # Several statements in one message, as the simulator sends them.
        self.process.stdin.write(sql.replace(";", "\\;").rstrip("\\;") + ";\n\\echo @@end\n")
        self.process.stdin.flush()
        return self.answer(patience)

    def answer(self, patience=PATIENCE_S):
        until = time.time() + patience
        while self.busy:
            try:
                line = self.lines.get(timeout=max(0.01, until - time.time()))
            except queue.Empty:
                return "waits"
            if line is None or line == "@@end":
                self.busy = False
            elif not line.startswith("LOCATION:"):
                self.got.append(line)
        return self.told()

    def told(self):
        warning, error, rest = [], None, []
        for line in self.got:
            if match := re.match(r"(WARNING|ERROR|FATAL):  (\w{5}): (.*)", line):
                if match[1] == "WARNING":
                    warning.append(f"WARNING: {match[3]}")
                else:
                    error = f"ERROR: {match[2]}: {match[3]}"
            elif line.startswith("DETAIL:") and warning and not error:
                warning.append(line.replace(":  ", ": "))
            elif "server closed the connection" in line or "connection to server was lost" in line:
                error = "ERROR: server closed the connection unexpectedly"
            elif not line.startswith(("DETAIL:", "HINT:", "\t", "LINE ", "STATEMENT")):
                rest.append(line)
        if error:
            return error
        # A command tag alone, or rows.
        rest = [re.sub(r"^(INSERT|UPDATE|DELETE)( \d+)+$", r"\1", line) for line in rest]
        tags = ("SET", "BEGIN", "COMMIT", "ROLLBACK", "RESET", "INSERT", "UPDATE", "DELETE", "CREATE TABLE", "SAVEPOINT")
        rows = [line for line in rest if line not in tags]
        last = rest[-1] if rest else "(none)"
        shown = "; ".join(rows) if rows and last not in tags else last
        return " / ".join(warning + [shown])

    def close(self):
        self.process.kill()


class Server:
    def __init__(self, home, name, number, calls_itself):
        self.name, self.data, self.port, self.calls_itself = name, f"{home}/{name}", FIRST_PORT + number, calls_itself

    def start(self, wait=True):
        pg("pg_ctl", "-D", self.data, "-l", f"{self.data}.log", "-w" if wait else "-W", "start")

    def stop(self):
        pg("pg_ctl", "-D", self.data, "-m", "immediate", "stop", check=False)

    def all_processes(self):
        try:
            head = int(open(f"{self.data}/postmaster.pid").readline())
        except OSError:
            return []
        children = subprocess.run(["pgrep", "-P", str(head)], stdout=subprocess.PIPE, text=True).stdout.split()
        return [head] + [int(c) for c in children]

    def signal(self, which):
        for pid in self.all_processes():
            try:
                os.kill(pid, which)
            except ProcessLookupError:
                pass


class Cluster:
    def __init__(self, names, settings):
        self.home = tempfile.mkdtemp(prefix="ask-postgresql-")
        if USER:
            os.chown(self.home, USER.pw_uid, USER.pw_gid)
        self.servers = {}
        for number, text in enumerate(names):
            name, _, alias = text.partition("=")
            self.servers[name] = Server(self.home, name, number, alias or name)
        self.sessions = {}
        self.primary = next(iter(self.servers.values()))
        pg("initdb", "-D", self.primary.data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        with open(f"{self.primary.data}/postgresql.conf", "a") as conf:
            conf.write("listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nautovacuum = off\n"
                       "cluster_name = ''\n")
        self.start_as(self.primary)
        self.control = Session(self.primary.port, "control")
        self.control.ask("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE w (id int PRIMARY KEY, v int)", 5)
        for server in list(self.servers.values())[1:]:
            self.add(server)
        for name, value in settings:
            self.set(name, value)
        time.sleep(1.5)

    def start_as(self, server):
        with open(f"{server.data}/postgresql.auto.conf", "a") as conf:
            conf.write(f"port = {server.port}\n")
        server.start()

    def add(self, server):
        pg("pg_basebackup", "-D", server.data, "-h", "127.0.0.1", "-p", str(self.primary.port), "-U", "postgres", "-R",
           "-c", "fast", "--no-sync")
        with open(f"{server.data}/postgresql.auto.conf", "a") as conf:
            conf.write(f"primary_conninfo = 'host=127.0.0.1 port={self.primary.port} user=postgres "
                       f"application_name=''{server.calls_itself}'''\n")
        self.start_as(server)

    def session(self, who):
        if who not in self.sessions:
            name, _, node = who.partition("@")
            server = self.servers[node] if node else self.servers.get(who, self.primary)
            self.sessions[who] = Session(server.port, name)
        return self.sessions[who]

    def set(self, name, value):
        value = value if value.startswith("'") else f"'{value}'"
        self.control.ask(f"ALTER SYSTEM SET {name} = {value}", 5)
        self.control.ask("SELECT pg_reload_conf()", 5)

    def do(self, step):
        """Carries out a step; gives the line that it prints, if it prints one."""
        word, _, rest = step.partition(" ")
        if match := re.match(r"([\w@]+): (.*)", step):
            return f"{match[1]}: {self.session(match[1]).ask(match[2])}"
        if match := re.match(r"([\w@]+)\?$", step):
            return f"{match[1]}: {self.sessions[match[1]].answer(0.2)}"
        if word == "status":
            rows = self.control.ask("SELECT application_name, state, sync_priority, sync_state FROM pg_stat_replication "
                                    "ORDER BY application_name, sync_state DESC", 5)
            return f"status: {rows}"
        if word == "cancel":
            self.control.ask(f"SELECT pg_cancel_backend({self.sessions[rest].pid})", 5)
            return f"{rest}: {self.sessions[rest].answer()}"
        if word == "set":
            name, _, value = rest.partition(" =")
            self.set(name, value.strip())
            time.sleep(0.5)
        elif word == "wait":
            time.sleep(float(rest.removesuffix("s")))
        elif word == "kill":
            self.servers[rest].stop()
            time.sleep(0.5)
        elif word == "restart":
            server = self.servers[rest]
            server.start()
            if server is self.primary:
                self.control = Session(server.port, "control")
                self.sessions = {}
            time.sleep(1.5)
        elif word == "pause":
            self.servers[rest].signal(signal.SIGSTOP)
        elif word == "resume":
            self.servers[rest].signal(signal.SIGCONT)
            time.sleep(0.5)
        elif word == "disconnect":
            name = self.servers[rest].calls_itself
            self.control.ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_replication WHERE application_name = '{name}'", 5)
        elif word in ("pause_replay", "resume_replay"):
            Session(self.servers[rest].port, "replay").ask(f"SELECT pg_wal_replay_{word.removesuffix('_replay')}()", 5)
        elif word == "add":
            self.add(self.servers.setdefault(rest, Server(self.home, rest, len(self.servers), rest)))
            time.sleep(1.5)
        else:
            raise ValueError(step)
        return None

    def close(self):
        for session in [*self.sessions.values(), self.control]:
            session.close()
        for server in self.servers.values():
            server.signal(signal.SIGCONT)
            server.stop()
        shutil.rmtree(self.home, ignore_errors=True)


def ask(case):
    """The case with the answers of the real servers below its line."""
    head = case.split("\n----")[0].strip("\n")
    cluster, settings, answers, names = None, [], [], []
    for line in head.split("\n"):
        if line.startswith(("#", "==")):
            continue
        if line.startswith("  "):
            if cluster is None:
                cluster = Cluster(names, settings)
            answer = cluster.do(line.strip())
            if answer is not None:
                answers.append(answer)
        elif line.startswith("cluster "):
            names = line.split()[1:]
        elif line.startswith("set "):
            name, _, value = line.removeprefix("set ").partition(" = ")
            settings.append((name, value))
    cluster.close()
    here = case.split("\n---- here")
    here = "\n---- here" + here[1].rstrip("\n") if len(here) > 1 else ""
    return head + "\n----\n" + "\n".join(answers) + here + "\n"


def main():
    path, only = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    intro, *cases = re.split(r"^(?=== )", open(path).read(), flags=re.M)
    for index, case in enumerate(cases):
        if only in case.split("\n")[0] and "\nnot asked" not in case:
            cases[index] = ask(case) + "\n"
            print(cases[index], flush=True)
            with open(path, "w") as out:
                out.write((intro + "".join(cases)).rstrip("\n") + "\n")


main()
