package coe

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWriteJSON_golden(t *testing.T) {
	t.Parallel()
	got, err := WriteJSON(rich())
	if err != nil {
		t.Fatal(err)
	}
	const path = "testdata/rich.json"
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the export changed (-golden +now):\n%s", diff)
	}
}

// Lists are lists also when they are empty, so that tools need no special case.
func TestWriteJSON_emptyListsAreNoNull(t *testing.T) {
	t.Parallel()
	raw, err := WriteJSON(&Document{})
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	times := " state_since window_start window_end created_at "
	for name, v := range all {
		if v == nil && !strings.Contains(times, " "+name+" ") {
			t.Errorf("%s is null", name)
		}
	}
}

// A restored database numbers its people anew; the answer is the same.
func TestWriteJSON_peopleInAnOrderOfTheirOwn(t *testing.T) {
	t.Parallel()
	one, err := WriteJSON(rich())
	if err != nil {
		t.Fatal(err)
	}
	d := rich()
	slices.Reverse(d.Named)
	other, err := WriteJSON(d)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Named) < 2 {
		t.Fatal("one named person says nothing about their order")
	}
	if diff := cmp.Diff(string(one), string(other)); diff != "" {
		t.Error(diff)
	}
}
