package coe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"coetracker/internal/db"
	"coetracker/people"
)

// frontKeys lists the keys of the front matter in their order.
func frontKeys() []string {
	return []string{
		"coe", "uid", "number", "title", "kind", "severity", "state", "owner", "reviewers", "writers", "named",
		"team", "services", "tags", "visibility", "window", "zone", "issue",
	}
}

// front writes the front matter.
func (w *fileWriter) front() {
	w.b.WriteString("---\n")
	for _, key := range frontKeys() {
		if v := w.frontValue(key); v == "" {
			fmt.Fprintf(&w.b, "%s:\n", key)
		} else {
			fmt.Fprintf(&w.b, "%s: %s\n", key, v)
		}
	}
	w.b.WriteString("---\n\n")
}

func (w *fileWriter) frontValue(key string) string {
	c := w.d.COE
	switch key {
	case "coe":
		return strconv.Itoa(fileFormat)
	case "uid":
		return c.UID
	case "number":
		return strconv.FormatInt(c.Number, 10)
	case "title":
		return scalar(c.Title)
	case "kind":
		return string(c.Kind)
	case "severity":
		return strconv.Itoa(c.Severity)
	case "state":
		return string(c.State)
	case "owner":
		return scalar(w.names.email(c.OwnerID))
	case "reviewers":
		return scalars(w.names.listed(RoleReviewer, RoleApprover))
	case "writers":
		return scalars(w.names.listed(RoleWriter))
	case "named":
		return scalars(w.names.listed(RoleNamed, RolePresenter, RoleFacilitator))
	}
	return w.frontAbout(key)
}

func (w *fileWriter) frontAbout(key string) string {
	c := w.d.COE
	switch key {
	case "team":
		if w.d.Team != nil {
			return scalar(w.d.Team.Name)
		}
	case "services":
		var list []string
		for _, s := range w.d.Services {
			list = append(list, s.Name)
		}
		slices.Sort(list)
		return scalars(list)
	case "tags":
		return scalars(strings.Fields(c.Tags))
	case "visibility":
		return string(c.Visibility)
	case "window":
		if c.WindowStart != nil || c.WindowEnd != nil {
			return writeTime(c.WindowStart) + "/" + writeTime(c.WindowEnd)
		}
	case "zone":
		return c.Zone
	case "issue":
		return strconv.Itoa(c.Issue)
	}
	return ""
}

// writeTime gives an instant in UTC to the microsecond, "" for none.
func writeTime(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.999999Z07:00")
}

// readTime reads an instant with its zone.
func readTime(line int, s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1 {
		return t, badLine(line, "%q is not a time. Write it as 2025-10-15T14:02:00Z.", clip(s))
	}
	return db.Instant(t), nil
}

// front reads the front matter and leaves r.at behind it.
func (r *fileReader) front() error {
	if r.lines[0] != "---" {
		return badLine(1, "a COE begins with front matter. Write --- here and coe: 1 below it.")
	}
	seen := map[string]bool{}
	for r.at = 1; ; r.at++ {
		if r.at >= len(r.lines) {
			return badLine(r.at, "the front matter does not end. Write --- below it.")
		}
		l := strings.TrimRight(r.lines[r.at], " \t\r")
		if l == "---" {
			break
		}
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		if err := r.frontLine(l, seen); err != nil {
			return err
		}
	}
	r.at++
	for _, key := range []string{"coe", "title", "kind", "severity"} {
		if !seen[key] {
			return badLine(r.at, "the front matter has no %s.", key)
		}
	}
	return nil
}

func (r *fileReader) frontLine(l string, seen map[string]bool) error {
	line := r.at + 1
	key, value, ok := strings.Cut(l, ":")
	switch {
	case !ok || !slices.Contains(frontKeys(), key):
		return badLine(line, "%q is not part of the front matter. It holds %s.", clip(key), strings.Join(frontKeys(), ", "))
	case seen[key]:
		return badLine(line, "%s stands twice.", key)
	}
	seen[key] = true
	switch key {
	case "reviewers", "writers", "named", "services", "tags":
		list, ok := readScalars(value)
		if !ok {
			return badLine(line, "%s is a list such as [one, two].", key)
		}
		return r.frontList(line, key, list)
	}
	text, ok := readScalar(value)
	if !ok {
		return badLine(line, "the quotes of %s do not close.", key)
	}
	return r.frontScalar(line, key, text)
}

func (r *fileReader) frontList(line int, key string, list []string) error {
	switch key {
	case "reviewers":
		return r.names.name(line, list, RoleReviewer, RoleApprover)
	case "writers":
		return r.names.name(line, list, RoleWriter)
	case "named":
		return r.names.name(line, list, RoleNamed, RolePresenter, RoleFacilitator)
	case "services":
		for i, name := range list {
			r.d.Services = append(r.d.Services, people.Service{ID: int64(i + 1), Name: name})
		}
	case "tags":
		r.d.COE.Tags = strings.Join(list, " ")
	}
	return nil
}

func (r *fileReader) frontScalar(line int, key, s string) error {
	c := &r.d.COE
	switch key {
	case "coe":
		if s != strconv.Itoa(fileFormat) {
			return badLine(line, "this file is of format %q, and this program reads format %d.", clip(s), fileFormat)
		}
		return nil
	case "uid":
		return readUID(line, s, &c.UID)
	case "number":
		return readInt(line, s, 0, 999_999_999, &c.Number)
	case "title":
		c.Title = s
		return nil
	case "kind":
		return readEnum(line, s, &c.Kind, Incident, NearMiss, ProceduralMiss, ExperimentFinding, Win)
	case "severity":
		return readInt(line, s, 1, 4, &c.Severity)
	case "state":
		return readEnum(line, s, &c.State, States()...)
	case "owner":
		if s != "" {
			c.OwnerID = r.names.person(s)
		}
		return nil
	case "team":
		if s != "" {
			r.d.Team = &people.Team{ID: 1, Name: s}
		}
		return nil
	case "visibility":
		return readEnum(line, s, &c.Visibility, Org, Restricted)
	case "window":
		return r.frontWindow(line, s)
	case "zone":
		return readZone(line, s, &c.Zone)
	}
	return readInt(line, s, 0, 1_000_000, &c.Issue)
}

func (r *fileReader) frontWindow(line int, s string) error {
	if s == "" {
		return nil
	}
	start, end, ok := strings.Cut(s, "/")
	if !ok {
		return badLine(line, "window is two times with a stroke between them, such as 2025-10-15T14:02:00Z/2025-10-15T15:00:00Z.")
	}
	for _, part := range []struct {
		text string
		into **time.Time
	}{{start, &r.d.COE.WindowStart}, {end, &r.d.COE.WindowEnd}} {
		if part.text == "" {
			continue
		}
		t, err := readTime(line, part.text)
		if err != nil {
			return err
		}
		*part.into = &t
	}
	return nil
}
