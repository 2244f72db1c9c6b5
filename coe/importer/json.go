package importer

import (
	"bytes"
	"encoding/json"
	"time"

	"coetracker/timeline"
)

// The structs below are the shape that coe import --dry-run --json prints. Their
// field order and names are a promise to scripts.
type jsonReview struct {
	File            string         `json:"file"`
	Title           string         `json:"title"`
	Timezone        jsonZone       `json:"timezone"`
	StartedAt       *string        `json:"started_at"`
	DetectedAt      *string        `json:"detected_at"`
	MitigatedAt     *string        `json:"mitigated_at"`
	ResolvedAt      *string        `json:"resolved_at"`
	DurationMinutes *int64         `json:"duration_minutes"`
	Severity        *string        `json:"severity"`
	Services        []string       `json:"services"`
	Events          []jsonEvent    `json:"events"`
	Actions         []jsonAction   `json:"actions"`
	Warnings        []jsonWarning  `json:"warnings"`
	Sections        []jsonSection  `json:"sections"`
	Unplaced        []jsonUnplaced `json:"unplaced"`
}

type jsonZone struct {
	Value  string `json:"value"`
	Stated bool   `json:"stated"`
}

type jsonEvent struct {
	At        *string            `json:"at"`
	End       *string            `json:"end"`
	Precision timeline.Precision `json:"precision"`
	Kind      timeline.Kind      `json:"kind"`
	Text      string             `json:"text"`
	Line      int                `json:"line"`
	LineEnd   int                `json:"line_end"`
}

type jsonAction struct {
	Text  string  `json:"text"`
	Owner *string `json:"owner"`
	Due   *string `json:"due"`
	Done  bool    `json:"done"`
	Line  int     `json:"line"`
}

type jsonWarning struct {
	Line    int    `json:"line"`
	Message string `json:"message"`
}

type jsonSection struct {
	Name     string `json:"name"`
	Markdown string `json:"markdown"`
}

type jsonUnplaced struct {
	Line int    `json:"line"`
	Text string `json:"text"`
}

// JSON gives the review as one line of JSON, without a line end. Instants are
// RFC 3339 with the offset of the document's zone; what is unknown is null.
func (r Review) JSON(file string) ([]byte, error) {
	loc, _, err := timeline.LoadZone(r.Zone)
	if err != nil {
		return nil, err
	}
	j := jsonReview{
		File: file, Title: r.Title, Timezone: jsonZone{r.Zone, r.ZoneStated},
		StartedAt: instant(r.Started, loc), DetectedAt: instant(r.Detected, loc),
		MitigatedAt: instant(r.Mitigated, loc), ResolvedAt: instant(r.Resolved, loc),
		Severity: orNull(r.Severity), Services: r.Services,
		Events: []jsonEvent{}, Actions: []jsonAction{}, Warnings: []jsonWarning{}, Sections: []jsonSection{}, Unplaced: []jsonUnplaced{},
	}
	if d := r.Duration(); d != nil {
		minutes := int64(*d / time.Minute)
		j.DurationMinutes = &minutes
	}
	if j.Services == nil {
		j.Services = []string{}
	}
	j.fill(r, loc)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(j); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

func (j *jsonReview) fill(r Review, loc *time.Location) {
	for _, e := range r.Events {
		j.Events = append(j.Events, jsonEvent{instant(e.At, loc), instant(e.End, loc), e.Precision, e.Kind, e.Text, e.Line, e.LineEnd})
	}
	for _, a := range r.Actions {
		j.Actions = append(j.Actions, jsonAction{a.Text, orNull(a.Owner), orNull(a.Due), a.Done, a.Line})
	}
	for _, w := range r.Warnings {
		j.Warnings = append(j.Warnings, jsonWarning(w))
	}
	for _, s := range r.Sections {
		j.Sections = append(j.Sections, jsonSection(s))
	}
	for _, u := range r.Unplaced {
		j.Unplaced = append(j.Unplaced, jsonUnplaced(u))
	}
}

// instant writes a moment with the zone's offset; UTC as +00:00, never Z.
func instant(t *time.Time, loc *time.Location) *string {
	if t == nil {
		return nil
	}
	layout := "2006-01-02T15:04:05-07:00"
	if t.Nanosecond() != 0 {
		layout = "2006-01-02T15:04:05.999999-07:00"
	}
	s := t.In(loc).Format(layout)
	return &s
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
