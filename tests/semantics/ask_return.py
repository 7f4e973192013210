#!/usr/bin/env python3
"""Asks real PostgreSQL servers how a former primary returns: what logs and pg_rewind say.

    python3 tests/semantics/ask_return.py > tests/data/postgresql-15-return.txt

Needs PostgreSQL's programs (PGBIN, by default Debian's 15) and, when run as root, a user `nobody` to run them. Servers
listen on loopback only, with their data under a temporary directory.
"""
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time

PGBIN = os.environ.get("PGBIN", "/usr/lib/postgresql/15/bin")
FIRST_PORT = int(os.environ.get("FIRST_PORT", 26410))
USER = pwd.getpwnam("nobody") if os.getuid() == 0 else None
KEEP = "wal_log_hints=on\nwal_keep_size=128MB\n"
SMALL = "wal_log_hints=on\nmin_wal_size=32MB\nmax_wal_size=32MB\n"


def demote():
    if USER:
        os.setgid(USER.pw_gid)
        os.setuid(USER.pw_uid)


def pg(program, *args):
    done = subprocess.run([f"{PGBIN}/{program}", *args], preexec_fn=demote, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout


class Server:
    def __init__(self, home, name, number):
        self.data, self.name, self.port, self.at = f"{home}/{name}", name, FIRST_PORT + number, 0

    def conf(self, text):
        with open(f"{self.data}/postgresql.conf", "a") as conf:
            conf.write(text + "\n")

    def start(self, wait=True):
        pg("pg_ctl", "-D", self.data, "-l", f"{self.data}.log", "-w" if wait else "-W", "start")

    def stop(self, mode="fast"):
        pg("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def sql(self, *statements):
        arguments = [part for sql in statements for part in ("-c", sql)]
        return pg("psql", "-XAt", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", *arguments).strip()

    def conninfo(self):
        return f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"

    def follow(self, upstream):
        signal_file = f"{self.data}/standby.signal"
        open(signal_file, "w").close()
        if USER:
            os.chown(signal_file, USER.pw_uid, USER.pw_gid)
        self.conf(f"primary_conninfo='{upstream.conninfo()} application_name={self.name}'")

    def mark(self):
        self.at = os.path.getsize(f"{self.data}.log")

    def said(self):
        """What it logged since the mark, each line once."""
        lines = []
        for line in open(f"{self.data}.log").read()[self.at:].splitlines():
            line = line.strip()
            wanted = re.match(r"(LOG|FATAL|ERROR|DETAIL|HINT|PANIC):", line)
            noise = re.search(r"checkpoint|listening|starting PostgreSQL|cancel|worker|conninfo|SIGHUP|shutdown request|aborting", line)
            if wanted and not (noise and not line.startswith("DETAIL")) and line not in lines:
                lines.append(line)
        return "\n".join(lines)


def tell(title, text):
    text = re.sub(r"/tmp/\S*?/(?=[ps]\d?/)", "", text.strip())
    text = re.sub(r"PID \d+|\d{4}-\d\d-\d\d [\d:]+ \w+|system usage.*", "…", text)
    print(f"## {title}\n----\n{text}\n", flush=True)


def cluster(settings):
    home = tempfile.mkdtemp(prefix="ask-return-")
    if USER:
        os.chown(home, USER.pw_uid, USER.pw_gid)
    servers = [Server(home, name, number) for number, name in enumerate(("p", "s1", "s2"))]
    p = servers[0]
    pg("initdb", "-D", p.data, "-U", "postgres", "-A", "trust", "--no-sync", "--locale=C")
    p.conf("listen_addresses='127.0.0.1'\nunix_socket_directories=''\nautovacuum=off\nlog_line_prefix=''\nfsync=off\n"
           f"wal_retrieve_retry_interval='1s'\ncheckpoint_timeout=1h\nport={p.port}\n" + settings)
    p.start()
    p.sql("create table t(id int primary key, v text)", "insert into t select g, 'base' from generate_series(1,1000) g",
          "checkpoint")
    for standby in servers[1:]:
        pg("pg_basebackup", "-D", standby.data, "-h", "127.0.0.1", "-p", str(p.port), "-U", "postgres", "-c", "fast")
        standby.conf(f"port={standby.port}")
        standby.follow(p)
        standby.start()
    p.sql("insert into t values (1500, 'common')")
    time.sleep(1)
    return servers


def end(servers):
    for server in servers:
        server.stop("immediate")
    shutil.rmtree(os.path.dirname(servers[0].data))


def rewind(target, source, *more):
    return pg("pg_rewind", "-D", target.data, f"--source-server={source.conninfo()}", *more)


def diverge(settings=KEEP, checkpoint=True):
    p, s1, s2 = servers = cluster(settings)
    s1.sql("select pg_promote()")
    if checkpoint:
        s1.sql("checkpoint")
    p.sql("insert into t values (2001, 'lost')")
    s1.sql("insert into t values (3001, 'new')")
    time.sleep(0.5)
    return servers


def many(server, count):
    for part in range(count):
        server.sql(f"insert into t select g, repeat('x', 100) from generate_series({10000 + part * 50000}, "
                   f"{30000 + part * 50000}) g", "select pg_switch_wal()", "checkpoint")


def main():
    version = pg("postgres", "--version").split("(PostgreSQL) ")[1].strip()
    print(f"# What PostgreSQL {version} said: p, a primary, and its\n"
          "# standbys s1 and s2; s1 is promoted while p goes on. A title says what was done, and whose words follow: a server's\n"
          "# log (each line once), or pg_rewind.\n")

    p, s1, s2 = servers = diverge()
    s2.mark()
    s2.follow(s1)
    s2.sql("select pg_reload_conf()")
    time.sleep(4)
    tell("s2, which received log past the fork, is pointed at s1: its log", s2.said())
    tell("s2: in recovery, received, replayed; state of its receiver; rows of the new timeline",
         s2.sql("select pg_is_in_recovery(), pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()",
                "select status from pg_stat_wal_receiver", "select count(*) from t where v = 'new'"))
    s2.stop()
    s2.mark()
    s2.start(False)
    time.sleep(2)
    tell("s2 is started again: its log", s2.said())
    tell("p, still running, is rewound: pg_rewind", rewind(p, s1, "--no-ensure-shutdown"))
    p.stop()
    p.mark()
    p.follow(s1)
    p.start(False)
    time.sleep(4)
    tell("p is stopped and started as a standby of s1: its log", p.said())
    p.stop()
    p.mark()
    p.start(False)
    time.sleep(2)
    tell("p is started again: its log", p.said())
    tell("p is rewound: pg_rewind --progress", rewind(p, s1, "--progress"))
    p.conf(f"port={p.port}")
    p.follow(s1)
    p.mark()
    p.start(False)
    time.sleep(3)
    tell("p is started: its log", p.said())
    tell("p: rows that were lost, rows that are new",
         p.sql("select count(*) from t where v = 'lost'", "select count(*) from t where v = 'new'"))
    p.stop()
    tell("p is rewound once more: pg_rewind", rewind(p, s1))
    end(servers)

    p, s1, s2 = servers = diverge(checkpoint=False)
    p.stop("immediate")
    p.follow(s1)
    p.mark()
    p.start(False)
    time.sleep(3)
    tell("p crashed, its checkpoint before the fork, and is started as a standby of s1: its log", p.said())
    p.stop("immediate")
    p.mark()
    p.start(False)
    time.sleep(2)
    tell("p crashed once more and is started again: its log", p.said())
    end(servers)

    p, s1, s2 = servers = diverge(checkpoint=False)
    p.sql("select pg_switch_wal()", "insert into t values (2100, 'lost')", "select pg_switch_wal()",
          "insert into t values (2101, 'lost')")
    p.stop()
    p.follow(s1)
    p.mark()
    s1.mark()
    p.start(False)
    time.sleep(3)
    tell("the segment in which p's log ends begins past the fork: its log", p.said())
    tell("the same: the log of s1", s1.said())
    end(servers)

    p, s1, s2 = servers = cluster(KEEP)
    p.stop()
    time.sleep(1)
    s1.sql("select pg_promote()", "checkpoint")
    tell("p was stopped cleanly before s1 was promoted, and is rewound: pg_rewind", rewind(p, s1))
    end(servers)

    p, s1, s2 = servers = cluster(KEEP)
    # A checkpoint that is not in a hurry writes these pages slowly.
    p.sql("insert into t select g, repeat('x', 500) from generate_series(10000, 30000) g")
    time.sleep(1)
    s1.sql("select pg_promote()")
    p.sql("insert into t values (2001, 'lost')")
    p.stop()
    tell("p is rewound before s1 has ended its first checkpoint as the primary: pg_rewind", rewind(p, s1))
    end(servers)

    p, s1, s2 = servers = diverge("wal_keep_size=128MB\n")
    p.stop()
    tell("neither data checksums nor wal_log_hints: pg_rewind", rewind(p, s1))
    end(servers)
    p, s1, s2 = servers = diverge(KEEP + "full_page_writes=off\n")
    p.stop()
    tell("full_page_writes is off: pg_rewind", rewind(p, s1))
    s1.stop()
    tell("s1 is stopped: pg_rewind", rewind(p, s1))
    end(servers)

    p, s1, s2 = servers = diverge(SMALL)
    many(p, 6)
    p.stop()
    tell("p has recycled its log since the fork: pg_rewind", rewind(p, s1))
    end(servers)

    p, s1, s2 = servers = cluster(SMALL)
    p.conf("wal_keep_size=500MB")
    p.sql("select pg_reload_conf()")
    s1.sql("select pg_promote()", "checkpoint")
    p.sql("insert into t values (2001, 'lost')")
    many(s1, 6)
    p.stop()
    tell("s1 has recycled its log since the last common checkpoint: pg_rewind", rewind(p, s1))
    p.conf(f"port={p.port}")
    p.follow(s1)
    p.mark()
    p.start(False)
    time.sleep(4)
    tell("the same, and p is started: its log", p.said())
    end(servers)

    p, s1, s2 = servers = diverge()
    s2.stop()
    s2.start()
    s2.sql("select pg_promote()", "checkpoint")
    s1.stop()
    s1.follow(s2)
    tell("s2, which never followed s1, is promoted: its history", open(f"{s2.data}/pg_wal/00000002.history").read())
    end(servers)

    p, s1, s2 = servers = cluster(KEEP)
    p.stop()
    s1.sql("select pg_promote()", "checkpoint")
    s2.follow(s1)
    s2.sql("select pg_reload_conf()")
    time.sleep(2)
    s2.sql("select pg_promote()", "checkpoint")
    s1.sql("insert into t values (7001, 'lost')")
    s1.stop()
    s1.follow(s2)
    s1.mark()
    s1.start(False)
    time.sleep(3)
    tell("s2 was promoted from timeline 2 to 3; s1, past that fork, is its standby: its log", s1.said())
    s1.stop()
    os.remove(f"{s1.data}/standby.signal")
    tell("s1 is rewound, across that fork: pg_rewind", rewind(s1, s2, "--dry-run"))
    s2.stop()
    s2.follow(s1)
    s1.start()
    s2.mark()
    s2.start(False)
    time.sleep(3)
    tell("s2, on timeline 3, as a standby of s1, on 2: its log", s2.said())
    end(servers)

    for word in ("selected new timeline ID", "archive recovery complete"):
        p, s1, s2 = servers = cluster(KEEP)
        s1.mark()
        head = int(open(f"{s1.data}/postmaster.pid").readline())
        open(f"{s1.data}/promote", "w").close()
        os.kill(head, signal.SIGUSR1)
        until = time.time() + 10
        while word not in open(f"{s1.data}.log").read()[s1.at:] and time.time() < until:
            pass
        children = subprocess.run(["pgrep", "-P", str(head)], stdout=subprocess.PIPE, text=True).stdout.split()
        for pid in [head, *map(int, children)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(1)
        os.remove(f"{s1.data}/postmaster.pid")
        s1.mark()
        s1.start()
        tell(f"s1 is killed when its log says \"{word}\", and started again: its log", s1.said())
        tell("the same: in recovery, timeline", s1.sql(
            "select pg_is_in_recovery()", "checkpoint", "select timeline_id from pg_control_checkpoint()"))
        end(servers)


main()
