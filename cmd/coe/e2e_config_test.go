package main_test

import (
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrongUsage(t *testing.T) {
	p := newProgram(t)
	for _, c := range []struct{ args, says string }{
		{"", "say what to do"},
		{"fly", `"fly" is not a command`},
		{"server", "did you mean serve?"},
		{"serve here", ""},
		{"serve --port 80", "unknown flag"},
		{"serve --addr", "needs an argument"},
		{"serve --now 2026-03-18T08:55:00+01:00", "new demo only"},
		{"serve --demo --now tomorrow", `"tomorrow" is not a time`},
		{"serve --database-url postgres://x/y", "unknown flag"}, // other people read flags
		{"serve --secret-key x", "unknown flag"},
		{"migrate", "status"},
		{"user add", "arg"},
		{"state COE-1", "arg"},
		{"state seventeen draft", `"seventeen" is not a COE`},
		{"action COE-1 five done", `"five" is not an action`},
		{"action COE-1 A-1 eat", `"eat" is not something to do`},
		{"audit", "coe audit verify"},
		{"version now", ""},
	} {
		if out := p.want(2, strings.Fields(c.args)...); !strings.Contains(out, c.says) {
			t.Errorf("coe %s says %q, want %q", c.args, out, c.says)
		}
	}
}

func TestSettingsAreRefused(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for _, c := range []struct{ env, says string }{
		{"COE_ADDRES=127.0.0.1:1", "COE_ADDRES is not a setting; did you mean COE_ADDR?"},
		{"COE_DATABSE_URL=x", "COE_DATABSE_URL is not a setting; did you mean COE_DATABASE_URL?"},
		{"COE_SECRETKEY_FILE=x", "COE_SECRETKEY_FILE is not a setting; did you mean COE_SECRET_KEY?"},
		{"COE_LOG=loud", `COE_LOG: "loud"`},
		{"COE_TIMEZONE=Mars", `COE_TIMEZONE: "Mars"`},
		{"COE_BASE_URL=coe.example.org", `COE_BASE_URL: "coe.example.org"`},
		{"COE_BASE_URL=https://example.org/coe", "COE_BASE_URL"},
		{"COE_DATABASE_URL=mysql://x/y", "only postgres:// "},
		{"COE_DATABASE_URL=postgres://x/y", "COE_SECRET_KEY is required"},
		{"COE_SLACK_BOT_TOKEN=x", "belong together"},
		{"COE_SLACK_SIGNING_SECRET=x", "belong together"},
		{"COE_SECRET_KEY_FILE=" + missing, "COE_SECRET_KEY_FILE"},
		{"COE_TEST_NOW=noon", `COE_TEST_NOW: "noon"`},
		{"COE_OIDC_ISSUER=https://id.example.org", "not in this version"},
		{"COE_FILES_URL=s3://x", "not in this version"},
	} {
		out := newProgram(t, c.env).want(2, "version")
		if want := strings.TrimSuffix(c.says, " "); !strings.Contains(out, want) {
			t.Errorf("%s: says %q, want %q", c.env, out, c.says)
		}
	}
	p := newProgram(t, "COE_TEST_ANYTHING=1", "COE_OIDC_ISSUER=")
	if out := p.want(0, "version"); !strings.HasPrefix(out, "coe ") {
		t.Errorf("version says %q", out)
	}
	p.want(2, "version", "--log", "loud")
	p.with("COE_LOG=loud").want(0, "version", "--log", "warn") // a flag goes before a variable
	for _, key := range []string{"short", base64.StdEncoding.EncodeToString(make([]byte, 31))} {
		if out := newProgram(t, "COE_SECRET_KEY="+key).want(2, "serve"); !strings.Contains(out, "openssl rand -base64 32") {
			t.Errorf("key %q: says %q", key, out)
		}
	}
}

func TestCommandsRefuseWhereNoDatabaseIs(t *testing.T) {
	p := newProgram(t)
	for _, args := range []string{
		"migrate status", "user list", "user add a@example.org", "user link a@example.org", "team list", "team add Storage",
		"service list", "state COE-1 in_review", "action COE-1 A-1 done", "audit verify",
	} {
		if out := p.want(3, strings.Fields(args)...); !strings.Contains(out, "no database") {
			t.Errorf("coe %s says %q", args, out)
		}
	}
	if _, err := os.Stat(p.data); !os.IsNotExist(err) {
		t.Errorf("a refused command made %s", p.data)
	}
	p.want(0, "migrate", "up")
	p.want(1, "state", "COE-1", "in_review") // there is no such COE
	p.want(1, "action", "COE-1", "A-1", "done")
	p.want(1, "user", "link", "nobody@example.org")
	p.want(0, "audit", "verify")
	p.want(0, "migrate", "status")
}

func TestSecretsComeFromFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	key := base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, "COE_SECRET_KEY_FILE="+file)
	p.serve()
	if _, err := os.Stat(filepath.Join(p.data, "secret.key")); !os.IsNotExist(err) {
		t.Error("a second key was made beside the one that was given")
	}
	own := newProgram(t)
	own.serve().kill()
	made := filepath.Join(own.data, "secret.key")
	before, err := os.ReadFile(made)
	info, err2 := os.Stat(made)
	if err != nil || err2 != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the key that was made: %v %v %v", err, err2, info)
	}
	own.serve()
	if after, _ := os.ReadFile(made); string(after) != string(before) {
		t.Error("the second start made another key")
	}
	if left, _ := filepath.Glob(made + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestTheDatabaseComesFromAFile(t *testing.T) {
	settings := onPostgres(t)
	address, _ := strings.CutPrefix(settings[0], "COE_DATABASE_URL=")
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte(address+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, "COE_DATABASE_URL_FILE="+file, settings[1])
	p.want(0, "migrate", "up")
	p.want(0, "user", "add", "ana@example.org")
	if _, err := os.Stat(filepath.Join(p.data, "coe.db")); !os.IsNotExist(err) {
		t.Error("a SQLite file was made beside PostgreSQL")
	}
	if out := newProgram(t, settings...).want(0, "user", "list"); !strings.Contains(out, "ana@example.org") {
		t.Errorf("the database that the file names has\n%s", out)
	}
}

func TestAnAddressInUseIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if out := newProgram(t).want(3, "serve", "--addr", l.Addr().String()); !strings.Contains(out, "listen on "+l.Addr().String()) {
		t.Errorf("says %q", out)
	}
}
