package db

import (
	"slices"
	"sync"

	"gorm.io/gorm"
)

// Counter counts the statements that went through a handle since it was made
// or last reset. It lets a test say that the number of queries of a page does
// not grow with its rows.
type Counter struct {
	mu   sync.Mutex
	stop func()
	sql  []string
}

// CountQueries starts to count the statements of every session of g, without
// BEGIN and COMMIT. Stop it when done.
func CountQueries(g *gorm.DB) *Counter {
	s := stateOf(g)
	c := &Counter{}
	c.stop = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.counters, c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counters[c] = true
	return c
}

// N is the number of statements counted.
func (c *Counter) N() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sql)
}

// SQL lists the statements in order, with placeholders instead of values.
func (c *Counter) SQL() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sql)
}

// Reset begins again at 0.
func (c *Counter) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sql = nil
}

// Stop ends the counting; what was counted stays readable.
func (c *Counter) Stop() { c.stop() }

func (s *state) count(fc func() (string, int64)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.counters) == 0 {
		return
	}
	sql, _ := fc()
	for c := range s.counters {
		c.mu.Lock()
		c.sql = append(c.sql, sql)
		c.mu.Unlock()
	}
}
