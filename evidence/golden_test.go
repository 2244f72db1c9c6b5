package evidence

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the expected files anew")

// goldenForm is the line of `coe evidence add --json` and what only the pages show.
type goldenForm struct {
	Source   string         `json:"source"`
	Records  []goldenRecord `json:"records"`
	Warnings []string       `json:"warnings,omitempty"`
}

type goldenRecord struct {
	recordForm
	OccurredAt *string       `json:"occurred_at,omitempty"`
	Rank       Rank          `json:"rank"`
	Title      string        `json:"title,omitempty"`
	Definition string        `json:"definition,omitempty"`
	Names      []string      `json:"names,omitempty"`
	Detail     *Detail       `json:"detail,omitempty"`
	Series     *goldenSeries `json:"series,omitempty"`
}

type goldenSeries struct {
	Names  []string `json:"names"`
	Points int      `json:"points"`
	Unit   string   `json:"unit,omitempty"`
	Hash   string   `json:"hash"`
}

// TestGolden reads every sample, and every file under testdata/<tool>, and
// compares what is made of it with testdata/golden/<tool>__<file>.json.
func TestGolden(t *testing.T) {
	t.Parallel()
	files := slices.Concat(sampleFiles(t), ownFiles(t))
	if len(sampleFiles(t)) == 0 {
		t.Log("The samples of the research are not here; only our own files are read.")
	}
	for _, file := range files {
		name := goldenName(file)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := golden(t, Input{Name: filepath.Base(file), Body: body})
			compareGolden(t, filepath.Join("testdata", "golden", name+".json"), got)
		})
	}
}

// golden gives the projection of a message.
func golden(t *testing.T, in Input) []byte {
	t.Helper()
	p, err := Parse(in)
	if err != nil {
		return []byte("error: " + err.Error() + "\n")
	}
	checkRecords(t, p)
	out := goldenForm{Source: p.Source, Records: []goldenRecord{}, Warnings: p.Warnings}
	for _, r := range p.Records {
		out.Records = append(out.Records, goldenOf(r))
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(out); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func goldenOf(r Record) goldenRecord {
	g := goldenRecord{recordForm: r.form(), Rank: r.Rank, Title: r.Title, Definition: r.Definition, Names: r.Names}
	if !r.OccurredAt.IsZero() {
		g.OccurredAt = instantForm(&r.OccurredAt)
	}
	if b, err := json.Marshal(r.Detail); err != nil || string(b) != "{}" {
		g.Detail = &r.Detail
	}
	if r.Series != nil {
		g.Series = &goldenSeries{Names: r.Series.Names, Points: r.Series.Len(), Unit: r.Series.Unit, Hash: r.Series.Hash()}
	}
	return g
}

func compareGolden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		t.Fatal("There is no expected file; -update writes it.")
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s", file, got)
	}
}

// goldenName is <folder>__<file> without its ending being lost.
func goldenName(file string) string {
	return filepath.Base(filepath.Dir(file)) + "__" + filepath.Base(file)
}

// ownFiles are the messages under testdata/<tool>.
func ownFiles(tb testing.TB) []string {
	tb.Helper()
	all, err := filepath.Glob(filepath.Join("testdata", "*", "*"))
	if err != nil {
		tb.Fatal(err)
	}
	return slices.DeleteFunc(all, func(file string) bool {
		folder := filepath.Base(filepath.Dir(file))
		return folder == "golden" || folder == "fuzz" || strings.HasPrefix(filepath.Base(file), "NOTICE")
	})
}

// sampleFiles are the samples of the research, none where it is not beside the
// project.
func sampleFiles(tb testing.TB) []string {
	tb.Helper()
	root, err := filepath.Abs(".")
	if err != nil {
		tb.Fatal(err)
	}
	for !exists(filepath.Join(root, "go.mod")) {
		if root == filepath.Dir(root) {
			tb.Fatal("no folder above holds go.mod")
		}
		root = filepath.Dir(root)
	}
	files, err := filepath.Glob(filepath.Join(root, "..", "shared", "samples", "payloads", "*", "*"))
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func TestParsedJSON(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 12, 35, 15, 638_041_000, time.UTC)
	whole := at.Truncate(time.Second)
	p := Parsed{Source: "fis", Records: []Record{
		{
			Type: TypeExperiment, ExternalID: "EXP1", SubjectKey: "EXP1", DedupeKey: "d", State: "completed",
			Outcome: Unknown, StartedAt: &whole, EndedAt: &at, DryRun: true,
		},
		{Type: TypeIgnored},
	}}
	got, err := p.JSON("a/b.json")
	if err != nil {
		t.Fatal(err)
	}
	want := `{"file":"a/b.json","source":"fis","records":[` +
		`{"type":"experiment","external_id":"EXP1","subject_key":"EXP1","dedupe_key":"d","service":null,"environment":null,"region":null,` +
		`"state":"completed","outcome":"unknown","started_at":"2026-11-22T12:35:15Z","ended_at":"2026-11-22T12:35:15.638041Z",` +
		`"from_version":null,"to_version":null,"rolls_back":null,"trigger":null,"alarms":[],"dry_run":true},` +
		`{"type":"ignored","external_id":null,"subject_key":null,"dedupe_key":null,"service":null,"environment":null,"region":null,` +
		`"state":null,"outcome":null,"started_at":null,"ended_at":null,` +
		`"from_version":null,"to_version":null,"rolls_back":null,"trigger":null,"alarms":[],"dry_run":false}],"warnings":[]}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
