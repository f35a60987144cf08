"""A real Prometheus and Alertmanager beside a shop, with all windows and intervals shortened, and the receivers of
the alerts.
"""

import json
import pathlib
import subprocess

import requests
import yaml
from haproxy import free_port
from souk_process import end_with_parent, operator_url, run_souk, wait_until
from webhook_receiver import Receiver

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
RULES_FILE = DEPLOY / "prometheus" / "souk.rules.yml"
ALERTMANAGER_FILE = DEPLOY / "alertmanager" / "alertmanager.yml"
SCRAPE_INTERVAL = "500ms"

# The rules' own times, shortened, are up to 50 s of it: window, duration, Alertmanager's grouping.
TOLD_SECONDS_MAX = 180


def name_of(labels):
    """The alert's name; of those of the error budget, with their window."""
    return "-".join(filter(None, (labels["alertname"], labels.get("window"))))


class Monitoring:
    """Watches the shop of `souk` until the `with` block is left; `scale` as for `souk reference rules`.

    Every `interval` it reads the shop's metrics and, with `rules_too`, evaluates the rules, which at a very small
    scale would be evaluated all the time. Alertmanager has the example's routes and inhibitions; its receivers are
    this test's.
    """

    def __init__(self, folder, souk, scale, interval=SCRAPE_INTERVAL, *, rules_too=False):
        self.folder = folder
        self.receiver = Receiver()
        self.processes = []
        self.url, self.alertmanager = (f"127.0.0.1:{free_port()}" for _ in range(2))
        rules = run_souk("reference", "rules", "--scale", scale)
        assert rules.returncode == 0, rules.stderr
        (folder / "souk.rules.yml").write_text(rules.stdout)
        if rules_too:
            groups = yaml.safe_load(rules.stdout)["groups"]
            self.write("souk.rules.yml", {"groups": [group | {"interval": interval} for group in groups]})
        self.write("prometheus.yml", {
            "global": {"scrape_interval": interval, "scrape_timeout": interval},
            "rule_files": ["souk.rules.yml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [self.alertmanager]}]}]},
            "scrape_configs": [{"job_name": "souk", "static_configs": [
                {"targets": [operator_url(souk.url).removeprefix("http://")]}]}]})
        self.write("alertmanager.yml", self.example())
        self.start("prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
                   "--enable-feature=exemplar-storage",
                   f"--web.listen-address={self.url}")
        self.start("prometheus-alertmanager", "--config.file=alertmanager.yml", "--storage.path=alertmanager",
                   f"--web.listen-address={self.alertmanager}", "--cluster.listen-address=")
        for address in (self.url, self.alertmanager):
            wait_until(lambda at=address: self.answers(at), self.said)

    def example(self):
        config = yaml.safe_load(ALERTMANAGER_FILE.read_text())
        config["receivers"] = [{"name": one["name"], "webhook_configs": [
            {"url": f"{self.receiver.url}/{one['name']}", "send_resolved": True}]} for one in config["receivers"]]
        for route in (config["route"], *config["route"]["routes"]):
            route |= {"group_wait": "0s", "group_interval": "1s"}
        del config["global"]
        return config

    def write(self, name, content):
        (self.folder / name).write_text(json.dumps(content))  # JSON is YAML

    def start(self, *command):
        with (self.folder / f"{command[0]}.log").open("wb") as log:
            self.processes.append(subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                                                   stderr=log, preexec_fn=end_with_parent))

    def answers(self, address):
        assert all(process.poll() is None for process in self.processes), self.said()
        try:
            return requests.get(f"http://{address}/-/ready", timeout=5).ok
        except requests.ConnectionError:
            return False

    def query(self, promql):
        """The values of an instant query, by their series' labels."""
        answer = requests.get(f"http://{self.url}/api/v1/query", params={"query": promql}, timeout=10).json()
        return [(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]]

    def told(self, receiver):
        """What the receiver was told last of each alert: `firing` or `resolved`."""
        return {name_of(alert["labels"]): alert["status"] for message in list(self.receiver.received)
                if message.path.endswith(f"/{receiver}") for alert in message.event["alerts"]}

    def inhibited(self):
        """The alerts that Alertmanager tells nobody, because others explain them."""
        alerts = requests.get(f"http://{self.alertmanager}/api/v2/alerts", timeout=10).json()
        return {name_of(alert["labels"]) for alert in alerts if alert["status"]["inhibitedBy"]}

    def await_told(self, receiver, alerts, status, since=0):
        """That each is `status`, now or in a message since that one: on a busy machine alerts come and go in waves."""
        def is_told(alert):
            return self.told(receiver).get(alert) == status or any(
                one["status"] == status and name_of(one["labels"]) == alert
                for message in self.receiver.received[since:] if message.path.endswith(f"/{receiver}")
                for one in message.event["alerts"])

        wait_until(lambda: all(map(is_told, alerts)),
                   lambda: f"{receiver} was told {self.told(receiver)}, not that {alerts} are {status}",
                   seconds=TOLD_SECONDS_MAX)

    def tells(self, alerts, status):
        """Waits until each receiver is told that its alerts are `status`."""
        since = len(self.receiver.received)
        for receiver, names in alerts.items():
            self.await_told(receiver, names, status, since)

    def said(self):
        return "".join(log.read_text()[-2000:] for log in self.folder.glob("*.log"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()
        self.receiver.close()
