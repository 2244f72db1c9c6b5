package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// calendar is the clock of everything that has a date: it is the wall clock
// moved by an offset, which differs from zero only in the demo and in tests.
type calendar struct {
	mu     sync.Mutex
	wall   func() time.Time
	offset time.Duration
}

// Now gives the calendar's instant.
func (c *calendar) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wall().Add(c.offset)
}

// Set moves the calendar to an instant, never back.
func (c *calendar) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := t.Sub(c.wall()); d > c.offset {
		c.offset = d
	}
}

// pinned is a calendar that stands where it was set; the demo's past is written
// with it.
type pinned struct {
	mu sync.Mutex
	at time.Time
}

// Now gives the instant that was set last.
func (p *pinned) Now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

// Set moves to any instant, also back.
func (p *pinned) Set(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = t
}

// newCalendar starts the calendar at an instant and lets it run on from there.
func newCalendar(wall func() time.Time, at time.Time) *calendar {
	return &calendar{wall: wall, offset: at.Sub(wall())}
}

// calendarClock is the calendar this command works with: COE_TEST_NOW, else the
// demo's position, else the wall clock. A demo has its database in the data
// folder; a database elsewhere is none, whatever lies in the folder.
func (a *app) calendarClock() (*calendar, error) {
	at, err := a.cfg.testNow()
	if err != nil {
		return nil, usage(err)
	}
	if !at.IsZero() {
		return newCalendar(a.wall, at), nil
	}
	m, err := readMark(a.cfg.Data)
	if a.cfg.DatabaseURL != "" || errors.Is(err, fs.ErrNotExist) {
		return newCalendar(a.wall, a.wall()), nil
	}
	if err != nil {
		return nil, err
	}
	return newCalendar(a.wall, m.Position), nil
}

// mark is the file that says that a data folder holds a demo, and how far the
// demo's calendar has come.
type mark struct {
	Position time.Time `json:"position"`
	Complete bool      `json:"complete"` // all demo data are there
}

func markPath(folder string) string { return filepath.Join(folder, "demo.json") }

func readMark(folder string) (mark, error) {
	var m mark
	b, err := os.ReadFile(markPath(folder))
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("read %s: %w", markPath(folder), err)
	}
	return m, nil
}

func (m mark) write(folder string) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	next := markPath(folder) + ".new"
	if err := os.WriteFile(next, append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(next, markPath(folder))
}
