package evidence

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// chaosMonkeyTool reads rows of Netflix Chaos Monkey's table of terminations,
// and of its table of schedules, as JSON.
func chaosMonkeyTool() tool {
	return tool{name: "chaosmonkey", knows: knowsChaosMonkey, read: readChaosMonkey}
}

func knowsChaosMonkey(m message) bool {
	return isTermination(m.doc) || isSimianEvent(m.doc) || isMonkeySchedule(m.doc) || isMonkeyConfig(m.doc)
}

func isTermination(doc node) bool {
	return (doc.has("instance_id") || doc.has("instanceId")) && (doc.has("killed_at") || doc.has("killedAt"))
}

// isSimianEvent knows an event of the Simian Army, in which Chaos Monkey began.
func isSimianEvent(doc node) bool { return doc.has("monkeyType", "eventType", "eventTime") }

func isMonkeySchedule(doc node) bool {
	return doc.has("app", "account", "time", "cluster") && (doc.has("region") || doc.has("date")) && !doc.has("kind")
}

// isMonkeyConfig knows how an application says whether it takes part.
func isMonkeyConfig(doc node) bool {
	return doc.has("meanTimeBetweenKillsInWorkDays") || doc.at("chaosMonkey").has("meanTimeBetweenKillsInWorkDays")
}

func readChaosMonkey(m message, out *result) {
	switch doc := m.doc; {
	case isTermination(doc):
		addNamed(out, termination(doc), doc.first("instance_id", "instanceId").str())
	case isSimianEvent(doc):
		readSimianEvent(doc, out)
	case isMonkeySchedule(doc):
		addNamed(out, monkeySchedule(doc), doc.at("app").str(), doc.at("cluster").str())
	default:
		out.ignore("", "")
	}
}

// termination reads one row. A leashed monkey only wrote down what it would
// have ended.
func termination(row node) Record {
	instance, raw := row.first("instance_id", "instanceId").str(), row.first("killed_at", "killedAt")
	r := Record{
		Type: TypeExperiment, ExternalID: cmp.Or(row.at("id").str(), instance), State: "terminated", Rank: RankEnded,
		StartedAt: raw.time(), EndedAt: raw.time(), DryRun: leashed(row.at("leashed").lower()),
	}
	when := raw.str()
	if r.StartedAt != nil { // the same instant may be written in many ways
		when = *instantForm(r.StartedAt)
	}
	r.SubjectKey = instance + " " + when
	r.DedupeKey = cmp.Or(row.at("id").str(), hashOf(r.SubjectKey))
	if r.DryRun {
		r.State = "leashed"
	}
	monkeyPlace(&r, row)
	target := r.Detail.Targets[0]
	target.Kind, target.ID = "instance", instance
	r.Detail.Targets[0] = target
	return r
}

// readSimianEvent reads a termination; the other monkeys of the army tidy up.
func readSimianEvent(doc node, out *result) {
	instance := doc.first("eventId", "id").str()
	if doc.at("monkeyType").str() != "CHAOS" || !strings.HasPrefix(doc.at("eventType").str(), "CHAOS_TERMINATION") {
		out.ignore(instance, doc.at("eventType").str())
		return
	}
	addNamed(out, termination(node{map[string]any{
		"instance_id": instance, "killed_at": doc.at("eventTime").v, "region": doc.at("region").v, "asg": doc.at("groupName").v, "app": doc.at("app").v,
	}}), instance)
}

func leashed(s string) bool { return s != "" && s != "0" && s != "false" && s != "null" && s != "n" }

func monkeySchedule(row node) Record {
	r := Record{Type: TypeExperiment, ExternalID: row.at("id").str(), State: statePlanned}
	if at := row.at("time").time(); at != nil {
		r.OccurredAt = *at
	}
	r.SubjectKey = "schedule " + hashOf(row.at("app").str(), row.at("account").str(), row.at("cluster").str(), row.at("region").str(), row.at("time").str())
	monkeyPlace(&r, row)
	return r
}

// monkeyPlace reads where an instance was.
func monkeyPlace(r *Record, row node) {
	r.Service, r.Region = row.at("app").str(), row.at("region").str()
	cluster, group := row.at("cluster").str(), row.at("asg").str()
	r.Names = unique(cluster, group)
	r.Definition = strings.Trim("terminate an instance of "+cmp.Or(cluster, r.Service, group), " ")
	r.Title = strings.TrimSpace("Chaos Monkey: " + r.Definition)
	r.Detail.Faults = []Fault{{Action: "terminate instance", StartedAt: r.StartedAt, EndedAt: r.EndedAt}}
	r.Detail.Targets = []Target{{Kind: "group", ID: group, Region: r.Region, Cluster: cluster, Account: row.at("account").str()}}
}

// chaosMonkeyTable reads the same rows as CSV and as the client of the database
// prints them.
func chaosMonkeyTable() textTool {
	return textTool{
		name: "chaosmonkey",
		knows: func(_ string, text []byte) bool {
			header := strings.ToLower(tableHeader(text))
			return !strings.ContainsAny(header, "{[:") && strings.Contains(header, "instance_id") && strings.Contains(header, "killed_at")
		},
		read: readMonkeyTable,
	}
}

// tableHeader gives the first line that is no rule of a drawn table.
func tableHeader(text []byte) string {
	for line := range bytes.Lines(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))) {
		if s := strings.TrimSpace(string(line)); s != "" && !strings.HasPrefix(s, "+-") {
			return s
		}
	}
	return ""
}

func readMonkeyTable(text []byte, out *result) error {
	rows, err := tableRows(text)
	if err != nil {
		return err
	}
	for _, row := range rows[1:] {
		object := map[string]any{}
		for i, name := range rows[0] {
			if i < len(row) && row[i] != "NULL" {
				object[strings.ToLower(name)] = row[i]
			}
		}
		if doc := (node{object}); isTermination(doc) && !doc.at("instance_id").empty() {
			out.add(termination(doc))
		}
	}
	if len(out.records) == 0 {
		out.ignore("", "")
	}
	return nil
}

// tableRows takes a table apart, whatever lies between its columns.
func tableRows(text []byte) ([][]string, error) {
	header := tableHeader(text)
	if strings.HasPrefix(header, "|") {
		return drawnRows(text), nil
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	r.FieldsPerRecord, r.TrimLeadingSpace, r.LazyQuotes = -1, true, true
	for _, comma := range []rune{'\t', ';'} {
		if strings.ContainsRune(header, comma) {
			r.Comma = comma
		}
	}
	var rows [][]string
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, trimmed(row))
	}
}

func drawnRows(text []byte) [][]string {
	var rows [][]string
	for line := range bytes.Lines(text) {
		if s := strings.TrimSpace(string(line)); strings.HasPrefix(s, "|") {
			rows = append(rows, trimmed(strings.Split(strings.Trim(s, "|"), "|")))
		}
	}
	return rows
}

func trimmed(row []string) []string {
	for i := range row {
		row[i] = strings.TrimSpace(row[i])
	}
	return row
}
