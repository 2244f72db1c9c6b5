package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"coetracker/people"
)

// config is every setting; flags and COE_ variables are read nowhere else.
type config struct {
	Addr, BaseURL, Data, DatabaseURL, SecretKey, AdminAddr, TrustedProxies  string
	SlackBotToken, SlackSigningSecret, SlackAppToken, SlackAPIURL           string
	SMTPURL, MailFrom, OIDCIssuer, OIDCClientID, OIDCClientSecret, FilesURL string
	PrometheusURL, Log, Timezone, URL, Token                                string
	TestNow                                                                 string // COE_TEST_NOW, not a flag
}

// setting ties a variable, its flag and its default together.
type setting struct {
	name   string // without COE_; the flag is its lower-case form with hyphens
	field  func(*config) *string
	value  string
	help   string
	secret bool // never a flag: other people on the machine can read flags
}

var settings = []setting{
	{"ADDR", func(c *config) *string { return &c.Addr }, "127.0.0.1:8080", "address to listen on", false},
	{"BASE_URL", func(c *config) *string { return &c.BaseURL }, "", "how people reach this server; default http://ADDR", false},
	{"DATA", func(c *config) *string { return &c.Data }, "./coe-data", "folder of the database and the files", false},
	{"DATABASE_URL", func(c *config) *string { return &c.DatabaseURL }, "", "postgres://…; empty: SQLite in the data folder", true},
	{"SECRET_KEY", func(c *config) *string { return &c.SecretKey }, "", "32 bytes in base64; made once in the data folder; required with PostgreSQL", true},
	{"ADMIN_ADDR", func(c *config) *string { return &c.AdminAddr }, "", "second listener for operators, off when empty", false},
	{"TRUSTED_PROXIES", func(c *config) *string { return &c.TrustedProxies }, "", "proxies whose forwarded headers count; none by default", false},
	{"SLACK_BOT_TOKEN", func(c *config) *string { return &c.SlackBotToken }, "", "bot token of the Slack app", true},
	{"SLACK_SIGNING_SECRET", func(c *config) *string { return &c.SlackSigningSecret }, "", "signing secret of the Slack app", true},
	{"SLACK_APP_TOKEN", func(c *config) *string { return &c.SlackAppToken }, "", "app token for Socket Mode", true},
	{"SLACK_API_URL", func(c *config) *string { return &c.SlackAPIURL }, "https://slack.com/api/", "where Slack's methods are", false},
	{"SMTP_URL", func(c *config) *string { return &c.SMTPURL }, "", "mail server for the fallback", true},
	{"MAIL_FROM", func(c *config) *string { return &c.MailFrom }, "", "sender of mails", false},
	{"OIDC_ISSUER", func(c *config) *string { return &c.OIDCIssuer }, "", "issuer of company sign-in", false},
	{"OIDC_CLIENT_ID", func(c *config) *string { return &c.OIDCClientID }, "", "client id of company sign-in", false},
	{"OIDC_CLIENT_SECRET", func(c *config) *string { return &c.OIDCClientSecret }, "", "client secret of company sign-in", true},
	{"FILES_URL", func(c *config) *string { return &c.FilesURL }, "", "where files are kept; empty: the data folder", false},
	{"PROMETHEUS_URL", func(c *config) *string { return &c.PrometheusURL }, "", "Prometheus to capture graphs from", false},
	{"LOG", func(c *config) *string { return &c.Log }, "info", "debug, info, warn or error", false},
	{"TIMEZONE", func(c *config) *string { return &c.Timezone }, "UTC", "zone of people who have none", false},
	{"URL", func(c *config) *string { return &c.URL }, "", "server that coe gate asks, with COE_TOKEN", false},
	{"TOKEN", func(c *config) *string { return &c.Token }, "", "token for that server", true},
}

// later are settings whose feature is not in this version; setting one is
// refused rather than silently ignored.
var later = []string{"ADMIN_ADDR", "TRUSTED_PROXIES", "SLACK_APP_TOKEN", "SMTP_URL", "MAIL_FROM", "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "FILES_URL"}

func (s setting) flag() string { return strings.ToLower(strings.ReplaceAll(s.name, "_", "-")) }

// flags declares a flag for every setting that is not a secret.
func (c *config) flags(f *pflag.FlagSet) {
	for _, s := range settings {
		if !s.secret && !slices.Contains(later, s.name) {
			f.String(s.flag(), s.value, s.help+" (COE_"+s.name+")")
		}
	}
}

// environment is the process's variables, read once.
type environment map[string]string

func newEnvironment(list []string) environment {
	e := environment{}
	for _, kv := range list {
		if k, v, ok := strings.Cut(kv, "="); ok && strings.HasPrefix(k, "COE_") {
			e[k] = v
		}
	}
	return e
}

// load fills the configuration: flag, else variable, else file, else default.
func (c *config) load(env environment, f *pflag.FlagSet) error {
	if err := env.check(); err != nil {
		return usage(err)
	}
	for _, s := range settings {
		v, given, err := env.value(s)
		if err != nil {
			return usage(err)
		}
		if fl := f.Lookup(s.flag()); fl != nil && fl.Changed && !s.secret {
			v, given = fl.Value.String(), true
		}
		if given && v != "" && slices.Contains(later, s.name) {
			return usagef("COE_%s is set, but what it switches on is not in this version; take it away", s.name)
		}
		if !given {
			v = s.value
		}
		*s.field(c) = v
	}
	c.TestNow = env["COE_TEST_NOW"]
	return usage0(c.check())
}

// ofServer refuses the settings of a server for a command that does not ask
// one, rather than answer from another place than the person thinks.
func (c *config) ofServer(command string) error {
	asks := command == "gate"
	switch {
	case command == "version" || command == "help":
		return nil
	case c.URL != "" && !asks:
		return usagef("COE_URL is set, but `coe %s` works on the database and on files only; take it away", command)
	case c.URL != "" && c.Token == "":
		return usagef("COE_URL is set without COE_TOKEN; make one with: coe token create --scope gate")
	case c.Token != "" && c.URL == "":
		return usagef("COE_TOKEN is set without COE_URL, the server that it is for")
	}
	return nil
}

func usage0(err error) error {
	if err == nil {
		return nil
	}
	return usage(err)
}

func (e environment) value(s setting) (v string, given bool, err error) {
	key := "COE_" + s.name
	if v, given = e[key]; given {
		return v, true, nil
	}
	file, ok := e[key+"_FILE"]
	if !ok {
		return "", false, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", false, fmt.Errorf("%s_FILE: %w", key, err)
	}
	return strings.TrimSpace(string(b)), true, nil
}

// check refuses variables nobody reads and names the nearest one somebody does.
func (e environment) check() error {
	for k := range e {
		if strings.HasPrefix(k, "COE_TEST_") || known(strings.TrimSuffix(k, "_FILE")) {
			continue
		}
		return fmt.Errorf("%s is not a setting; did you mean %s?", k, nearest(k))
	}
	return nil
}

func known(k string) bool {
	return slices.ContainsFunc(settings, func(s setting) bool { return "COE_"+s.name == k })
}

func nearest(k string) string {
	best, least := "", 1<<30
	for _, s := range settings {
		if d := people.EditDistance(k, "COE_"+s.name); d < least {
			best, least = "COE_"+s.name, d
		}
	}
	return best
}

func (c *config) check() error {
	if _, err := people.LoadZone(c.Timezone); err != nil {
		return fmt.Errorf("COE_TIMEZONE: %q is not a zone; write it as Europe/Berlin or UTC+02:00", c.Timezone)
	}
	if c.BaseURL != "" {
		u, err := url.Parse(c.BaseURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" && u.Path != "/" {
			return fmt.Errorf("COE_BASE_URL: %q is not an address such as https://coe.example.com", c.BaseURL)
		}
		c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	}
	if c.URL != "" {
		u, err := url.Parse(c.URL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.User != nil {
			return fmt.Errorf("COE_URL: %q is not an address such as https://coe.example.com", c.URL)
		}
		c.URL = strings.TrimSuffix(c.URL, "/")
	}
	if c.DatabaseURL != "" && !strings.HasPrefix(c.DatabaseURL, "postgres://") && !strings.HasPrefix(c.DatabaseURL, "postgresql://") {
		return errors.New("COE_DATABASE_URL: only postgres://… is known; leave it empty for SQLite")
	}
	if c.DatabaseURL != "" && c.SecretKey == "" {
		return errors.New("COE_SECRET_KEY is required with PostgreSQL, so that all replicas share one; make it with: openssl rand -base64 32")
	}
	if (c.SlackBotToken == "") != (c.SlackSigningSecret == "") {
		return errors.New("COE_SLACK_BOT_TOKEN and COE_SLACK_SIGNING_SECRET belong together; set both or neither")
	}
	if _, err := c.level(); err != nil {
		return err
	}
	_, err := c.testNow()
	return err
}

func (c *config) testNow() (time.Time, error) {
	if c.TestNow == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, c.TestNow)
	if err != nil {
		return t, fmt.Errorf("COE_TEST_NOW: %q is not a time such as 2026-03-18T09:00:00Z", c.TestNow)
	}
	return t, nil
}

func (c *config) level() (slog.Level, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.Log)); err != nil {
		return l, fmt.Errorf("COE_LOG: %q is not debug, info, warn or error", c.Log)
	}
	return l, nil
}

// base is how people reach the server.
func (c *config) base() string {
	if c.BaseURL != "" {
		return c.BaseURL
	}
	return "http://" + c.Addr
}

func (c *config) databasePath() string { return filepath.Join(c.Data, "coe.db") }

// secretKey gives the key that encrypts secrets at rest; with SQLite it is made
// once in the data folder, readable by its owner only.
func (c *config) secretKey() ([]byte, error) {
	if c.SecretKey != "" {
		return parseKey(c.SecretKey)
	}
	file := filepath.Join(c.Data, "secret.key")
	key, err := readKey(file)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(file)
	}
	return key, err
}

func readKey(file string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return parseKey(strings.TrimSpace(string(b)))
}

func parseKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != 32 {
		return nil, errors.New("COE_SECRET_KEY is not 32 bytes in base64; make one with: openssl rand -base64 32")
	}
	return key, nil
}

// makeKey makes the key under another name first: of several servers that start
// together one puts it into place whole, and all of them read that one.
func makeKey(file string) ([]byte, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(file), "secret.key.*") // readable by its owner only
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return readKey(file)
}
