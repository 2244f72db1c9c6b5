package evidence

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// said writes what a record says in one line, without what is empty.
func said(r Record) string {
	var b strings.Builder
	put := func(key, value string) {
		if value != "" {
			b.WriteString(" " + key + "=" + value)
		}
	}
	instant := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.Format(time.RFC3339Nano)
	}
	b.WriteString(string(r.Type))
	put("id", r.ExternalID)
	put("service", r.Service)
	put("env", r.Environment)
	put("region", r.Region)
	put("state", r.State)
	put("outcome", string(r.Outcome))
	put("start", instant(r.StartedAt))
	put("end", instant(r.EndedAt))
	put("from", r.FromVersion)
	put("to", r.ToVersion)
	put("undoes", r.RollsBack)
	put("trigger", r.Trigger)
	put("alarms", strings.Join(r.Alarms, ","))
	put("severity", r.Detail.Severity)
	put("text", strings.ReplaceAll(r.Detail.Text, "\n", "/"))
	put("reason", r.Detail.Reason)
	if r.Series != nil {
		put("curves", strings.Join(r.Series.Names, "; "))
		put("unit", r.Series.Unit)
	}
	return b.String()
}

// parsed reads a message that must be known to the tool.
func parsed(t *testing.T, tool, body string, head Header) Parsed {
	t.Helper()
	p, err := Parse(Input{Body: []byte(body), Header: head})
	if err != nil {
		t.Fatal(err)
	}
	if p.Source != tool {
		t.Fatalf("source %q, want %q; warnings %q", p.Source, tool, p.Warnings)
	}
	checkRecords(t, p)
	return p
}

// shape is one message and what it says, a line for each record.
type shape struct {
	name, body string
	want       []string
	warns      string
}

func runShapes(t *testing.T, tool string, shapes []shape) {
	t.Helper()
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			p := parsed(t, tool, s.body, nil)
			var got []string
			for _, r := range p.Records {
				got = append(got, said(r))
			}
			if diff := cmp.Diff(s.want, got); diff != "" {
				t.Error(diff)
			}
			if all := strings.Join(p.Warnings, "\n"); !strings.Contains(all, s.warns) || s.warns == "" && all != "" {
				t.Errorf("warnings %q, want %q", all, s.warns)
			}
		})
	}
}

// sequence reads messages about one thing and gives its records. All must have
// the same subject.
func sequence(t *testing.T, tool string, bodies ...string) []Record {
	t.Helper()
	var all []Record
	for i, body := range bodies {
		p := parsed(t, tool, body, nil)
		if len(p.Records) != 1 {
			t.Fatalf("message %d has %d records", i, len(p.Records))
		}
		all = append(all, p.Records...)
		if all[i].SubjectKey != all[0].SubjectKey {
			t.Errorf("message %d is about %q, the first about %q", i, all[i].SubjectKey, all[0].SubjectKey)
		}
	}
	return all
}

// keysDiffer asserts that statements that differ have keys that do.
func keysDiffer(t *testing.T, records []Record) {
	t.Helper()
	seen := map[string]int{}
	for i, r := range records {
		if before, repeated := seen[r.DedupeKey]; repeated {
			t.Errorf("messages %d and %d have the same key %q", before, i, r.DedupeKey)
		}
		seen[r.DedupeKey] = i
	}
}

// TestOneToolKnows reads every sample and every message of our own: no message
// may be known to two tools.
func TestOneToolKnows(t *testing.T) {
	t.Parallel()
	for _, file := range append(sampleFiles(t), ownFiles(t)...) {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		docs, err := parseDocuments(body)
		if err != nil {
			continue // no JSON and no YAML
		}
		for _, doc := range docs {
			for _, m := range unwrap(message{doc: doc}, 0) {
				var who []string
				for _, tool := range tools() {
					if tool.knows(m) {
						who = append(who, tool.name)
					}
				}
				if len(who) > 1 {
					t.Errorf("%s is known to %v", file, who)
				}
			}
		}
	}
}

func TestLinksAreOfTheWeb(t *testing.T) {
	t.Parallel()
	var d Detail
	for _, address := range []string{
		"javascript:alert(1)", "file:///etc/passwd", "//example.com", "https://", "HTTPS://example.com", "?orgId=1", "data:text/html,x",
		"https://example.com/a", "https://example.com/a", "http://example.com", " https://example.com",
	} {
		d.link("x", address)
	}
	want := []Link{{"x", "https://example.com/a"}, {"x", "http://example.com"}}
	if diff := cmp.Diff(want, d.Links); diff != "" {
		t.Error(diff)
	}
}

func TestChangeTitle(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"0123456789012345678901234567890123456789": "01234567",
		"1.4.2": "1.4.2",
		"pkg:oci/myapp@sha256%3A0b31b1c02ff458ad9b7b":    "sha256:0b31b1c02ff4",
		"pkg:oci/myapp@1.2?repository_url=example.com/a": "1.2",
	} {
		if got := shortVersion(version); got != want {
			t.Errorf("%s becomes %q, want %q", version, got, want)
		}
	}
	r := Record{Type: TypeRollback, Service: "checkout", ToVersion: "1.4.1", Environment: "prod"}
	if got := changeTitle(r); got != "Rollback of checkout to 1.4.1 in prod" {
		t.Error(got)
	}
}
