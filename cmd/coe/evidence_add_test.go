package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	fisStopped = `{"version":"0","id":"0d079340-135a-c8c6-95c2-41fb8f496c53","detail-type":"FIS Experiment State Change","source":"aws.fis",
"account":"111122223333","time":"2026-10-07T17:56:26Z","region":"eu-west-1","resources":["arn:aws:fis:eu-west-1:111122223333:experiment/EXPaAbBcC"],
"detail":{"experiment-id":"EXPaAbBcC","experiment-template-id":"EXT12345","new-state":{"status":"stopped","reason":"Experiment halted by stop condition."},
"old-state":{"status":"stopping","reason":"Experiment halted by stop condition."}}}`
	monkeyRows = "id,app,account,stack,cluster,region,asg,instance_id,killed_at,leashed\n" +
		"7,checkout,prod,main,checkout-main,us-east-1,checkout-main-v012,i-0abc,2026-11-20 10:31:05,0\n" +
		"8,checkout,prod,main,checkout-main,us-east-1,checkout-main-v012,i-0def,2026-11-20 11:31:05,1\n"
)

func TestEvidenceAdd_dryRun(t *testing.T) {
	t.Parallel()
	c := cli{t, filepath.Join(t.TempDir(), "none")}
	one, table := c.file("one.json", fisStopped), c.file("rows.csv", monkeyRows)
	broken := c.file("broken.json", `{"a": [1,`)
	folder := filepath.Dir(c.file("z.json", `{"hello":"world"}`))
	missing := filepath.Join(folder, "missing.json")
	code, out, _ := c.out("evidence", "add", "--dry-run", "--json", one, missing, table, broken, folder)
	got := lines(t, out)
	if code != exitFail || len(got) != 5 {
		t.Fatalf("exit %d\n%s", code, out)
	}
	want := `{"file":"` + one + `","source":"fis","records":[{"type":"experiment","external_id":"EXPaAbBcC","subject_key":"EXPaAbBcC",` +
		`"dedupe_key":"0d079340-135a-c8c6-95c2-41fb8f496c53","service":null,"environment":null,"region":"eu-west-1","state":"stopped","outcome":"halted",` +
		`"started_at":null,"ended_at":"2026-10-07T17:56:26Z","from_version":null,"to_version":null,"rolls_back":null,"trigger":null,"alarms":[],"dry_run":false}],"warnings":[]}`
	if line, _, _ := strings.Cut(out, "\n"); line != want {
		t.Errorf("got\n%s\nwant\n%s", line, want)
	}
	for _, i := range []int{1, 3} {
		if len(got[i]) != 2 || got[i]["error"] == "" || got[i]["file"] == "" {
			t.Errorf("line %d: %v", i, got[i])
		}
	}
	if got[1]["file"] != missing {
		t.Errorf("second line %v", got[1])
	}
	if rows := got[2]["records"].([]any); got[2]["source"] != "chaosmonkey" || len(rows) != 2 || rows[1].(map[string]any)["dry_run"] != true {
		t.Errorf("third line %v", got[2])
	}
	if got[4]["source"] != nil || len(got[4]["warnings"].([]any)) != 1 {
		t.Errorf("fifth line %v", got[4])
	}
	code, out, _ = c.out("evidence", "add", "--dry-run", table)
	if code != exitDone || strings.Count(out, "experiment") != 2 || strings.Count(out, "dry run") != 1 {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, _, _ = c.out("evidence", "add", "--dry-run", "--source", "flux", one); code != exitDone {
		t.Errorf("another tool than its own: exit %d", code)
	}
	if code, _, _ = c.out("evidence", "add", "--dry-run", "--source", "crystal", one); code != exitUsage {
		t.Errorf("an unknown tool: exit %d", code)
	}
	if _, err := os.Stat(c.data); !os.IsNotExist(err) {
		t.Errorf("a dry run made the data folder: %v", err)
	}
	if code, _, _ = c.out("evidence", "add", one); code != exitFail {
		t.Errorf("without a database: exit %d", code)
	}
}

func TestEvidenceAdd(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	one := c.file("one.json", fisStopped)
	if out := c.want(exitDone, "evidence", "add", one); !strings.HasPrefix(out, one+": fis, added\n") || !strings.Contains(out, "halted") {
		t.Errorf("added: %s", out)
	}
	if out := c.want(exitDone, "evidence", "add", one); !strings.HasPrefix(out, one+": fis, was here already\n") {
		t.Errorf("the same again: %s", out)
	}
	broken := c.file("broken.json", `{"a": [1,`)
	code, out, _ := c.out("evidence", "add", "--json", broken, c.file("rows.csv", monkeyRows))
	got := lines(t, out)
	if code != exitFail || len(got) != 2 || got[0]["error"] == nil || got[1]["source"] != "chaosmonkey" {
		t.Errorf("exit %d: %s", code, out)
	}
	if out := c.want(exitDone, "evidence", "replay"); out != "2 deliveries were read again\n" {
		t.Errorf("replay: %s", out)
	}
	c.want(exitNo, "evidence", "replay", "--source", "nowhere")
}
