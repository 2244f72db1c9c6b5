package evidence

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// flaggerTool reads Flagger: the webhooks of its gates and events, and Canary
// objects.
func flaggerTool() tool {
	return tool{name: "flagger", knows: knowsFlagger, read: readFlagger}
}

func knowsFlagger(m message) bool {
	doc := m.doc
	if isFlaggerCanary(doc) {
		return true
	}
	return doc.has("name", "namespace", "phase") && !doc.has("kind") &&
		(doc.has("checksum") || doc.has("metadata") && slices.Contains(flaggerPhases, doc.at("phase").lower()))
}

var flaggerPhases = []string{
	"initializing", "initialized", "waiting", "waitingpromotion", "progressing", "promoting", "finalising", "succeeded", "failed", "terminating", "terminated",
}

func isFlaggerCanary(doc node) bool {
	return doc.at("kind").str() == "Canary" && strings.HasPrefix(doc.at("apiVersion").str(), "flagger.app/")
}

func readFlagger(m message, out *result) {
	if isFlaggerCanary(m.doc) {
		readFlaggerCanary(m.doc, out)
		return
	}
	doc := m.doc
	r := flaggerRecord(doc.at("name").str(), doc.at("namespace").str(), doc.at("checksum").str())
	event := doc.at("metadata")
	r.State = doc.at("phase").lower()
	r.Detail.Reason = event.at("eventMessage").str()
	at := event.at("timestamp").time()
	r.OccurredAt = lastOf(at)
	if r.Rank = flaggerRank(r.State); r.Rank.Ended() {
		r.EndedAt = at
	} else {
		r.StartedAt = at
	}
	if r.Detail.Share = flaggerWeight(r.Detail.Reason); r.Detail.Share == nil && !r.Rank.Ended() {
		r.Detail.Share = doc.at("canaryWeight").percent()
	}
	r.DedupeKey = glued("/", r.ExternalID, r.State, event.at("timestamp").str(), doc.at("canaryWeight").str())
	addFlagger(r, out)
}

// flaggerRecord is one revision of a canary. Its metadata may hold a token and is
// not kept.
func flaggerRecord(name, namespace, checksum string) Record {
	return Record{
		Type: TypeDeployment, ExternalID: glued("/", namespace, name, checksum), Service: name, Title: name, Environment: namespace,
		Names: aliases(glued("/", namespace, name)), ToVersion: checksum,
	}
}

// flaggerRank adds the phases that other tools do not know.
func flaggerRank(phase string) Rank {
	switch phase {
	case "initializing":
		return RankStarting
	case "waitingpromotion":
		return RankRunning
	case "terminating":
		return RankStopping
	case "terminated":
		return RankEnded
	}
	return RankOf(phase)
}

// addFlagger adds a deployment, and the rollback that is told with it: an analysis
// that failed has always been rolled back.
func addFlagger(r Record, out *result) {
	says := rollbackWords.MatchString(r.Detail.Reason)
	if r.State == "failed" || says {
		r.Trigger = triggerIn(r.Detail.Reason)
	}
	keep(out, r)
	if r.State != "failed" && !says {
		return
	}
	back := r
	back.Type, back.RollsBack, back.ExternalID = TypeRollback, r.ExternalID, r.ExternalID+"#rollback"
	back.SubjectKey, back.DedupeKey = "", r.DedupeKey+"#rollback"
	back.FromVersion, back.ToVersion, back.State = r.ToVersion, r.FromVersion, "rolling_back"
	if r.State == "failed" { // the analysis did, not the way back
		back.State = "rolled_back"
	}
	back.StartedAt, back.Detail.Share = cmp.Or(r.StartedAt, r.EndedAt), nil
	machine := r.Trigger != "manual"
	back.Detail.Automatic = &machine
	keep(out, back)
}

var flaggerWeightForm = regexp.MustCompile(`(?i)weight[: ]+([0-9]{1,3})\b`)

// flaggerWeight finds the weight of the canary in the text of an event.
func flaggerWeight(text string) *float64 {
	found := flaggerWeightForm.FindStringSubmatch(text)
	if found == nil {
		return nil
	}
	return node{found[1]}.percent()
}

// readFlaggerCanary reads the object as Kubernetes holds it.
func readFlaggerCanary(doc node, out *result) {
	meta, status := doc.at("metadata"), doc.at("status")
	if status.at("phase").empty() {
		out.ignore(glued("/", meta.at("namespace").str(), meta.at("name").str()), "")
		return
	}
	r := flaggerRecord(meta.at("name").str(), meta.at("namespace").str(), status.at("lastAppliedSpec").str())
	r.State = status.at("phase").lower()
	at := status.at("lastTransitionTime").time()
	r.OccurredAt = lastOf(at)
	if r.Rank = flaggerRank(r.State); r.Rank.Ended() {
		r.EndedAt = at
	}
	if last := status.at("lastPromotedSpec").str(); last != r.ToVersion {
		r.FromVersion = last
	}
	if !r.Rank.Ended() {
		r.Detail.Share = status.at("canaryWeight").percent()
	}
	for _, c := range status.at("conditions").list() {
		if c.at("type").str() == "Promoted" {
			r.Detail.Reason = c.at("message").str()
		}
	}
	r.DedupeKey = glued("/", r.ExternalID, r.State, status.at("lastTransitionTime").str())
	addFlagger(r, out)
}
