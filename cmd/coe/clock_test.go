package main

import (
	"sync"
	"testing"
	"time"
)

// The clock of a demo is that of the demo's own database only.
func TestCalendarClock_demoFolder(t *testing.T) {
	t.Parallel()
	wall := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	position := time.Date(2026, 3, 18, 9, 0, 0, 0, time.UTC)
	folder := t.TempDir()
	if err := (mark{Position: position, Complete: true}).write(folder); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]time.Time{"": position, "postgres://db.example.org/coe": wall} {
		a := &app{cfg: config{Data: folder, DatabaseURL: url}, wall: func() time.Time { return wall }}
		cal, err := a.calendarClock()
		if err != nil || !cal.Now().Equal(want) {
			t.Errorf("database %q: it is %v, %v, want %v", url, cal.Now(), err, want)
		}
	}
}

// The ticker and a button write the demo's position at the same moment.
func TestDemoRun_keepAtOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 18, 9, 0, 0, 0, time.UTC)
	d := &demoRun{app: &app{cfg: config{Data: t.TempDir()}}, cal: newCalendar(func() time.Time { return now }, now)}
	d.done.Store(true)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if err := d.keep(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	if m, err := readMark(d.app.cfg.Data); err != nil || !m.Complete || !m.Position.Equal(now) {
		t.Errorf("kept %+v, %v", m, err)
	}
}
