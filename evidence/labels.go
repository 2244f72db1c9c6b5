package evidence

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"slices"
)

// The labels by which teams tell where an alert comes from, best first.
var (
	serviceLabels     = []string{"service", "service_name", "app", "app_kubernetes_io_name", "application", "component", "job", "deployment", "statefulset", "workload", "container"}
	environmentLabels = []string{"environment", "env", "deployment_environment", "deployment_environment_name", "stage"}
	regionLabels      = []string{"region", "aws_region", "cloud_region", "topology_kubernetes_io_region"}
	zoneLabels        = []string{"az", "zone", "availability_zone", "topology_kubernetes_io_zone"}
	severityLabels    = []string{"severity", "priority", "level", "criticality"}
)

// labelled fills a record with what the labels of an alert or a curve say.
func (r *Record) labelled(labels node) {
	r.Service = labels.first(serviceLabels...).str()
	r.Environment = labels.first(environmentLabels...).str()
	r.Region = labels.first(regionLabels...).str()
	var names []string
	for _, key := range slices.Concat(serviceLabels, []string{"namespace", "kubernetes_namespace"}) {
		names = append(names, labels.at(key).str())
	}
	r.named(names...)
	r.Detail.Zone = labels.first(zoneLabels...).str()
	r.Detail.Cell = labels.at("cell").str()
	r.Detail.Severity = labels.first(severityLabels...).str()
	if cluster, space := labels.first("cluster", "cluster_name", "k8s_cluster_name").str(), labels.at("namespace").str(); cluster != "" || space != "" {
		r.Detail.Targets = []Target{{Cluster: cluster, Namespace: space, ID: labels.first("pod", "instance").str(), Region: r.Region, Zone: r.Detail.Zone}}
	}
}

// annotated fills a record with what a rule says to people.
func (r *Record) annotated(annotations node) {
	summary, description := annotations.first("summary", "title").str(), annotations.first("description", "message").str()
	r.Detail.Text = cmp.Or(summary, description)
	if summary != "" && description != "" && summary != description {
		r.Detail.Text = summary + "\n" + description
	}
	for _, key := range annotations.keys() {
		r.Detail.link(key, annotations.at(key).str())
	}
}

// fingerprint is the number by which Prometheus and Alertmanager know a set of
// labels, for the answers that leave it out.
func fingerprint(labels node) string {
	h := fnv.New64a()
	for _, key := range labels.keys() {
		h.Write([]byte(key))
		h.Write([]byte{0xff})
		h.Write([]byte(labels.at(key).str()))
		h.Write([]byte{0xff})
	}
	return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, h.Sum64()))
}
