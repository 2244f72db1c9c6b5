package evidence

import (
	"bytes"
	"encoding/json"
	"time"
)

// fileForm is one line of `coe evidence add --json`. Its keys and their order
// are promised to scripts; what is not known is null.
type fileForm struct {
	File     string       `json:"file"`
	Source   *string      `json:"source"`
	Records  []recordForm `json:"records"`
	Warnings []string     `json:"warnings"`
}

type recordForm struct {
	Type        Type     `json:"type"`
	ExternalID  *string  `json:"external_id"`
	SubjectKey  *string  `json:"subject_key"`
	DedupeKey   *string  `json:"dedupe_key"`
	Service     *string  `json:"service"`
	Environment *string  `json:"environment"`
	Region      *string  `json:"region"`
	State       *string  `json:"state"`
	Outcome     *string  `json:"outcome"`
	StartedAt   *string  `json:"started_at"`
	EndedAt     *string  `json:"ended_at"`
	FromVersion *string  `json:"from_version"`
	ToVersion   *string  `json:"to_version"`
	RollsBack   *string  `json:"rolls_back"`
	Trigger     *string  `json:"trigger"`
	Alarms      []string `json:"alarms"`
	DryRun      bool     `json:"dry_run"`
}

// JSON writes what a file says as one line: times in RFC 3339 with Z and
// fractions of a second only where there are any.
func (p Parsed) JSON(file string) ([]byte, error) {
	form := fileForm{File: file, Source: known(p.Source), Records: []recordForm{}, Warnings: append([]string{}, p.Warnings...)}
	if p.Source == "unknown" { // no tool is known that writes it
		form.Source = nil
	}
	for _, r := range p.Records {
		form.Records = append(form.Records, r.form())
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(form)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func (r Record) form() recordForm {
	return recordForm{
		Type: r.Type, ExternalID: known(r.ExternalID), SubjectKey: known(r.SubjectKey), DedupeKey: known(r.DedupeKey),
		Service: known(r.Service), Environment: known(r.Environment), Region: known(r.Region),
		State: known(r.State), Outcome: known(string(r.Outcome)),
		StartedAt: instantForm(r.StartedAt), EndedAt: instantForm(r.EndedAt),
		FromVersion: known(r.FromVersion), ToVersion: known(r.ToVersion), RollsBack: known(r.RollsBack),
		Trigger: known(r.Trigger), Alarms: append([]string{}, r.Alarms...), DryRun: r.DryRun,
	}
}

func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func instantForm(t *time.Time) *string {
	if t == nil {
		return nil
	}
	return known(t.UTC().Format(time.RFC3339Nano))
}
