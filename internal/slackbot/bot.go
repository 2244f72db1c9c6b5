// Package slackbot speaks Slack: it sends the digests of package notify, keeps
// them up to date, and turns buttons and modals into the verbs of actions.
//
// The only client of Slack is here. It never tries a call again by itself; a
// post whose answer was lost is looked for through the message's metadata
// before it is sent once more.
package slackbot

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"coetracker/actions"
	"coetracker/internal/jobs"
	"coetracker/internal/notify"
	"coetracker/people"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/slack-go/slack"
	"gorm.io/gorm"
)

// Config says which workspace the bot speaks to. Token, SigningSecret, BaseURL,
// DB, Wall, Actions and People are needed.
type Config struct {
	Token         string
	SigningSecret string
	APIURL        string // where Slack's methods are; empty means Slack itself
	BaseURL       string // how people reach our pages
	DB            *gorm.DB
	Wall          people.Clock // signatures, pacing, waits
	Actions       *actions.Store
	People        *people.Store
	Log           *slog.Logger // nil logs nothing
	// Sleep waits for a turn; nil waits in real time. It returns early with
	// the context's error.
	Sleep func(ctx context.Context, d time.Duration) error
	// Transport carries the calls; nil is the usual one.
	Transport http.RoundTripper
}

// Bot is one app in one workspace. It is safe for use by many at once.
type Bot struct {
	Config
	api     *slack.Client
	http    *http.Client // for response_urls
	breaker circuitbreaker.CircuitBreaker[any]

	mu       sync.Mutex
	channels map[string]time.Time // when the next post may go to a conversation
}

var _ notify.Sender = (*Bot)(nil)

const (
	slackAPI    = "https://slack.com/api/"
	callTime    = 10 * time.Second // shorter than a job's lease
	breakAfter  = 10               // failures in a row
	breakFor    = 15 * time.Second
	answerBytes = 4 << 20
)

// New makes a bot. A missing token or signing secret is an error: without the
// secret anybody could press buttons.
func New(c Config) (*Bot, error) {
	switch {
	case c.Token == "":
		return nil, errors.New("the bot token of the Slack app is needed (COE_SLACK_BOT_TOKEN)")
	case c.SigningSecret == "":
		return nil, errors.New("the signing secret of the Slack app is needed (COE_SLACK_SIGNING_SECRET)")
	}
	if c.APIURL == "" {
		c.APIURL = slackAPI
	}
	if u, err := url.Parse(c.APIURL); err != nil || u.Host == "" {
		return nil, errors.New("the address of Slack's methods is not a web address (COE_SLACK_API_URL)")
	}
	if !strings.HasSuffix(c.APIURL, "/") {
		c.APIURL += "/"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	client := &http.Client{
		Timeout: callTime, Transport: &patience{next: c.Transport, wall: c.Wall},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Bot{
		Config: c, api: slack.New(c.Token, slack.OptionAPIURL(c.APIURL), slack.OptionHTTPClient(client)), http: client,
		breaker:  circuitbreaker.NewBuilder[any]().WithFailureThreshold(breakAfter).WithDelay(breakFor).WithSuccessThreshold(1).Build(),
		channels: map[string]time.Time{},
	}, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Handlers gives the handlers of the bot's own jobs.
func (b *Bot) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{JobReply: b.reply}
}

// page gives the address of one of our pages.
func (b *Bot) page(path string) string { return strings.TrimRight(b.BaseURL, "/") + path }

// loopback reports whether a host with port is this machine.
func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
