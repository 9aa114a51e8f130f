"""The programs of a one-node Kubernetes: their command lines and settings files.

Everything here is a function of the cluster's layout. Where a value differs from Kubernetes' default for speed, the
comment says what a test would else wait for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from tests.support.cluster.layout import (
    DNS_SERVICE,
    MAX_PODS,
    NODE,
    NODE_PODS,
    PAUSE,
    PORT,
    SERVICES,
    Layout,
)

ETCD = "http://127.0.0.1:2379"
ETCD_PEER = "http://127.0.0.1:2380"


def _options(values: Mapping[str, object]) -> list[str]:
    return [f"--{name}={value}" for name, value in values.items()]


def etcd(layout: Layout) -> list[str]:
    values = {
        "name": NODE,
        "data-dir": layout.folder / "etcd",
        "listen-client-urls": ETCD,
        "advertise-client-urls": ETCD,
        "listen-peer-urls": ETCD_PEER,
        "initial-advertise-peer-urls": ETCD_PEER,
        "initial-cluster": f"{NODE}={ETCD_PEER}",
        # A lone member elects itself only after this many milliseconds: etcd's own default is 1000.
        "heartbeat-interval": 20,
        "election-timeout": 200,
    }
    # Its data need not outlive the machine.
    return ["etcd", *_options(values), "--unsafe-no-fsync"]


def apiserver(layout: Layout) -> list[str]:
    pki = layout.pki
    values = {
        "etcd-servers": ETCD,
        "bind-address": layout.node_address,
        "advertise-address": layout.node_address,
        "secure-port": PORT,
        "service-cluster-ip-range": SERVICES,
        "tls-cert-file": pki / "apiserver.crt",
        "tls-private-key-file": pki / "apiserver.key",
        "client-ca-file": pki / "ca.crt",
        "service-account-key-file": pki / "service-accounts.pub",
        "service-account-signing-key-file": pki / "service-accounts.key",
        "service-account-issuer": "https://kubernetes.default.svc",
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "kubelet-client-certificate": pki / "kubelet-client.crt",
        "kubelet-client-key": pki / "kubelet-client.key",
        "kubelet-certificate-authority": pki / "ca.crt",
        "kubelet-preferred-address-types": "InternalIP",
        "allow-privileged": "true",
        "audit-policy-file": layout.folder / "audit-policy.json",
        "audit-log-path": layout.audit_log,
        # A record is in the file before its request is answered: a reader need not wait.
        "audit-log-mode": "blocking",
        # In megabytes: never rotated, since readers keep their place in the file.
        "audit-log-maxsize": 100_000,
    }
    return [str(layout.binaries / "kube-apiserver"), *_options(values)]


def audit_policy() -> dict[str, object]:
    """Reads with their metadata; whatever writes with its body, secrets included: the log goes with the cluster."""
    writing = ["create", "update", "patch", "delete", "deletecollection"]
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [{"level": "Request", "verbs": writing}, {"level": "Metadata"}],
    }


def controller_manager(layout: Layout) -> list[str]:
    pki = layout.pki
    values = {
        "kubeconfig": layout.kubeconfig("controller-manager"),
        "service-account-private-key-file": pki / "service-accounts.key",
        "root-ca-file": pki / "ca.crt",
        "use-service-account-credentials": "true",
        "cluster-signing-cert-file": pki / "ca.crt",
        "cluster-signing-key-file": pki / "ca.key",
        "leader-elect": "false",
        # Each controller's own limit, 20 requests a second, is what a namespace's deletion waits for.
        "kube-api-qps": 200,
        "kube-api-burst": 400,
        "concurrent-namespace-syncs": 20,
        "node-monitor-period": "1s",
        "horizontal-pod-autoscaler-sync-period": "2s",
        "horizontal-pod-autoscaler-initial-readiness-delay": "1s",
        "pvclaimbinder-sync-period": "2s",
        "resource-quota-sync-period": "10s",
        # The first version looks at cron jobs every 10 seconds; the second when they change.
        "feature-gates": "CronJobControllerV2=true",
    }
    return [str(layout.binaries / "kube-controller-manager"), *_options(values)]


def scheduler(layout: Layout) -> list[str]:
    values = {
        "kubeconfig": layout.kubeconfig("scheduler"),
        "leader-elect": "false",
        "kube-api-qps": 200,
        "kube-api-burst": 400,
    }
    return [str(layout.binaries / "kube-scheduler"), *_options(values)]


def kubelet(layout: Layout) -> list[str]:
    values = {
        "config": layout.folder / "kubelet.json",
        "kubeconfig": layout.kubeconfig("kubelet"),
        "container-runtime": "remote",
        "container-runtime-endpoint": f"unix://{layout.containerd_socket}",
        "hostname-override": NODE,
        "node-ip": layout.node_address,
        "root-dir": layout.folder / "kubelet",
    }
    return [str(layout.binaries / "kubelet"), *_options(values)]


def kubelet_settings(layout: Layout) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": layout.node_address,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": False},
            "x509": {"clientCAFile": str(layout.pki / "ca.crt")},
        },
        "authorization": {"mode": "AlwaysAllow"},
        "tlsCertFile": str(layout.pki / "kubelet.crt"),
        "tlsPrivateKeyFile": str(layout.pki / "kubelet.key"),
        "cgroupDriver": "cgroupfs",
        "cgroupsPerQOS": False,
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "resolvConf": "",
        # Without a server behind it, but pods that are told of none get a warning event each.
        "clusterDNS": [DNS_SERVICE],
        "clusterDomain": "cluster.local",
        # A full disk of the machine must not evict the tests' pods.
        "evictionHard": {"nodefs.available": "1%", "imagefs.available": "1%", "memory.available": "50Mi"},
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "maxPods": MAX_PODS,
        # A new node says that it is ready at its second report.
        "nodeStatusUpdateFrequency": "1s",
        "nodeStatusReportFrequency": "1m",
        "serializeImagePulls": False,
        "kubeAPIQPS": 200,
        "kubeAPIBurst": 400,
        "eventRecordQPS": 0,
        "registryPullQPS": 0,
    }


def containerd(layout: Layout) -> list[str]:
    return ["containerd", "--config", str(layout.folder / "containerd.toml")]


def containerd_settings(layout: Layout) -> str:
    return f"""version = 2
root = "{layout.folder}/containerd/root"
state = "{layout.folder}/containerd/state"
[grpc]
  address = "{layout.containerd_socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{layout.folder}/cni"
"""


def pod_network() -> dict[str, object]:
    """A bridge in the node. Pods reach one another and the node; the node has no route to anywhere else."""
    addresses = {"type": "host-local", "ranges": [[{"subnet": NODE_PODS}]], "routes": [{"dst": "0.0.0.0/0"}]}
    bridge = {"type": "bridge", "bridge": "pods0", "isGateway": True, "ipMasq": False, "ipam": addresses}
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [bridge]}


def write_settings(layout: Layout) -> None:
    """Every settings file, into the cluster's folder."""
    (layout.folder / "cni").mkdir(exist_ok=True)
    (layout.folder / "cni" / "pods.conflist").write_text(json.dumps(pod_network()))
    (layout.folder / "audit-policy.json").write_text(json.dumps(audit_policy()))
    (layout.folder / "kubelet.json").write_text(json.dumps(kubelet_settings(layout)))
    (layout.folder / "containerd.toml").write_text(containerd_settings(layout))
