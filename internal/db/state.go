package db

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// slow is from when on a statement is worth a line in the log.
const slow = 200 * time.Millisecond

// state belongs to one opened database and is reached through gorm's plugins:
// the turn of writers, local wake-ups, the counters of tests. It is also
// gorm's logger, because that sees every statement.
type state struct {
	log    *slog.Logger
	writer chan struct{}

	mu       sync.Mutex
	listen   map[string]map[chan struct{}]bool
	counters map[*Counter]bool
}

const pluginName = "coe:state"

func newState(log *slog.Logger) *state {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &state{
		log:      log,
		writer:   make(chan struct{}, 1),
		listen:   map[string]map[chan struct{}]bool{},
		counters: map[*Counter]bool{},
	}
}

// stateOf finds the state of a handle that Open made.
func stateOf(g *gorm.DB) *state { return g.Plugins[pluginName].(*state) }

// Name is the plugin's name in gorm.
func (s *state) Name() string { return pluginName }

// Initialize has nothing to do; gorm asks for it.
func (s *state) Initialize(*gorm.DB) error { return nil }

// LogMode keeps the logger as it is: levels are slog's business.
func (s *state) LogMode(logger.LogLevel) logger.Interface { return s }

// Info passes a message of gorm on.
func (s *state) Info(ctx context.Context, msg string, args ...any) {
	s.log.InfoContext(ctx, msg, "args", args)
}

// Warn passes a warning of gorm on.
func (s *state) Warn(ctx context.Context, msg string, args ...any) {
	s.log.WarnContext(ctx, msg, "args", args)
}

// Error passes an error of gorm on.
func (s *state) Error(ctx context.Context, msg string, args ...any) {
	s.log.ErrorContext(ctx, msg, "args", args)
}

// ParamsFilter keeps values, which may be secret, out of logs and counters.
func (s *state) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// Trace sees every statement: it feeds the counters and logs the slow. Failed
// ones only at debug, because whoever handles the error logs it once.
func (s *state) Trace(ctx context.Context, begin time.Time, fc func() (string, int64), err error) {
	s.count(fc)
	if took := time.Since(begin); took >= slow {
		sql, rows := fc()
		s.log.WarnContext(ctx, "slow statement", "sql", sql, "rows", rows, "took", took)
	}
	if err != nil && !IsNotFound(err) && s.log.Enabled(ctx, slog.LevelDebug) {
		sql, _ := fc()
		s.log.DebugContext(ctx, "statement failed", "sql", sql, "error", err)
	}
}

// Notify wakes those of this process who Listen to topic, once the transaction
// of tx is committed; outside one, at once. It is a hint that spares waiting:
// other processes learn by polling.
func Notify(tx *gorm.DB, topic string) {
	s := stateOf(tx)
	AfterCommit(tx, func() { s.wake(topic) })
}

// Listen gives a channel that receives after each Notify of topic; several
// that nobody took in between count as one. stop ends it.
func Listen(g *gorm.DB, topic string) (woken <-chan struct{}, stop func()) {
	s, ch := stateOf(g), make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listen[topic] == nil {
		s.listen[topic] = map[chan struct{}]bool{}
	}
	s.listen[topic][ch] = true
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.listen[topic], ch)
	}
}

func (s *state) wake(topic string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ch := range s.listen[topic] {
		select {
		case ch <- struct{}{}:
		default: // a wake-up is waiting already
		}
	}
}
