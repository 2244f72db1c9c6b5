package people

import (
	"strings"
	"testing"

	"coetracker/internal/fault"

	"github.com/google/go-cmp/cmp"
)

func TestDefaultPolicy(t *testing.T) {
	t.Parallel()
	p := DefaultPolicy()
	days := [4]int{15, 30, 56, 84}
	if got, want := p.For(1), (Clocks{1, 3, 5, days, 2, 5}); got != want {
		t.Errorf("severity 1: %v, want %v", got, want)
	}
	for severity := 2; severity <= 4; severity++ {
		if got, want := p.For(severity), (Clocks{1, 5, 5, days, 1, 20}); got != want {
			t.Errorf("severity %d: %v, want %v", severity, got, want)
		}
	}
	if p.DigestHour != 9 || p.For(0) != p.For(1) || p.For(7) != p.For(4) {
		t.Errorf("digest hour %d, or a severity out of range is not the nearest", p.DigestHour)
	}
}

func TestParsePolicy(t *testing.T) {
	t.Parallel()
	got, err := ParsePolicy(`{"severity": {"1": {"reviewers": 3, "actions": {"P0": 7}}}, "review_days": 4, "actions": {"P0": 10, "P2": 60}, "digest_hour": 8, "draft_days": 0}`)
	if err != nil {
		t.Fatal(err)
	}
	want := Policy{DigestHour: 8, Severities: [4]Clocks{
		{0, 4, 5, [4]int{7, 30, 60, 84}, 3, 5},
		{0, 4, 5, [4]int{10, 30, 60, 84}, 1, 20},
		{0, 4, 5, [4]int{10, 30, 60, 84}, 1, 20},
		{0, 4, 5, [4]int{10, 30, 60, 84}, 1, 20},
	}}
	if !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	for _, empty := range []string{"", " \n", "{}"} {
		if got, err := ParsePolicy(empty); err != nil || got != DefaultPolicy() {
			t.Errorf("ParsePolicy(%q) = %v, %v, want the defaults", empty, got, err)
		}
	}
}

func TestParsePolicyRefuses(t *testing.T) {
	t.Parallel()
	for in, part := range map[string]string{
		`{"reveiw_days": 4}`:                       "Did you mean review_days?",
		`{"digesthour": 4}`:                        "Did you mean digest_hour?",
		`{"severity": {"2": {"digest_hour": 1}}}`:  "knows no \"digest_hour\"",
		`{"severity": {"5": {}}}`:                  "no severity \"5\"",
		`{"severity": {"01": {}}}`:                 "no severity \"01\"",
		`{"actions": {"P4": 1}}`:                   "no priority \"P4\"",
		`{"reviewers": 0}`:                         "from 1 to 20",
		`{"reviewers": 1.5}`:                       "whole number",
		`{"reviewers": "2"}`:                       "whole number",
		`{"reviewers": null}`:                      "whole number",
		`{"reviewers": 1, "reviewers": 2}`:         "given twice",
		`[1]`:                                      "JSON object",
		`{"reviewers": 1} x`:                       "JSON object",
		`{"reviewers": 1`:                          "JSON object",
		`{"actions": 5}`:                           "JSON object",
		`{"severity": {"1": [1]}}`:                 "severity 1",
		`{"` + strings.Repeat("x", 5000) + `": 1}`: "Did you mean",
	} {
		_, err := ParsePolicy(in)
		f, ok := fault.Of(err)
		if !ok || f.Kind != fault.Invalid || f.Field != "policy" || !strings.Contains(f.Text, part) {
			t.Errorf("ParsePolicy(%.40s) = %v, want a fault on policy with %q", in, err, part)
		}
	}
}
