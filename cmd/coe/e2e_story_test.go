package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// story is a shop whose release goes wrong, watched by a real Prometheus and a
// real Alertmanager that page this tracker.
type story struct {
	t          *testing.T
	p          *program
	ana        *browser
	shop       *httptest.Server
	broken     atomic.Bool
	requests   atomic.Int64
	errors     atomic.Int64
	prometheus string
	hook       string // where alarms and deployments go
}

// TestRollbackStory drives a bad deployment from the first alarm to the page
// that people read: the alarm and the rollback come in by themselves, are
// suggested, accepted onto the timeline, and the graph is stored.
func TestRollbackStory(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"prometheus", "prometheus-alertmanager"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed; make test installs it", name)
		}
	}
	s := &story{t: t}
	s.open()
	s.watch()
	s.deploy("d-41", "v41", "", "succeeded")
	until(t, "a healthy graph", func() bool { return s.metric("shop_requests_total") > 20 })

	s.deploy("d-42", "v42", "", "succeeded")
	s.broken.Store(true)
	until(t, "the alarm", func() bool { return strings.Contains(s.ana.get("/alarms").body, "ShopErrors") })
	s.broken.Store(false)
	s.deploy("d-43", "v41", "d-42", "succeeded")
	until(t, "the end of the alarm", func() bool { return strings.Contains(s.alarm(), "resolved") })
	s.write()
}

// open starts the tracker with a service, a source and somebody who writes.
func (s *story) open() {
	s.prometheus = freeAddr(s.t)
	s.p = newProgram(s.t, "COE_PROMETHEUS_URL=http://"+s.prometheus)
	s.p.serve()
	s.p.want(0, "user", "add", "ana@example.com", "--name", "Ana Ruiz", "--role", "admin", "--zone", "UTC")
	s.p.want(0, "service", "add", "shop")
	s.ana = s.p.signIn("ana@example.com")
	a := s.ana.post("/sources", "name", "Shop's Alertmanager", "verifier", "none").wants(http.StatusOK)
	s.hook = regexpGroup(s.t, a.text(), `(https?://\S+/hooks/[A-Za-z0-9_-]+)`)
}

// watch starts the shop, Prometheus and Alertmanager.
func (s *story) watch() {
	s.shop = httptest.NewServer(http.HandlerFunc(s.expose))
	s.t.Cleanup(s.shop.Close)
	alertmanager := freeAddr(s.t)
	dir := s.t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
		return path
	}
	rules := write("rules.yml", `groups:
- name: shop
  rules:
  - alert: ShopErrors
    expr: rate(shop_errors_total[5s]) / rate(shop_requests_total[5s]) > 0.05
    for: 1s
    labels: {service: shop, severity: page}
    annotations: {summary: "More than one in twenty orders fails"}
`)
	prometheus := write("prometheus.yml", fmt.Sprintf(`global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%s]
alerting: {alertmanagers: [{static_configs: [{targets: [%s]}]}]}
scrape_configs: [{job_name: shop, static_configs: [{targets: [%s]}]}]
`, rules, alertmanager, strings.TrimPrefix(s.shop.URL, "http://")))
	paging := write("alertmanager.yml", fmt.Sprintf(`route: {receiver: coe, group_wait: 1s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: coe, webhook_configs: [{url: %q}]}]
`, s.hook))
	s.daemon("prometheus-alertmanager", "--config.file="+paging, "--web.listen-address="+alertmanager, "--cluster.listen-address=", "--storage.path="+filepath.Join(dir, "am"))
	s.daemon("prometheus", "--config.file="+prometheus, "--web.listen-address="+s.prometheus, "--storage.tsdb.path="+filepath.Join(dir, "tsdb"))
}

// daemon runs a program until the test ends.
func (s *story) daemon(name string, args ...string) {
	s.t.Helper()
	cmd := exec.Command(name, args...)
	var said output
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		if s.t.Failed() {
			text := said.String()
			s.t.Logf("%s said:\n%s", name, text[max(0, len(text)-2000):])
		}
	})
}

// expose is the shop's metrics page; every look at it is fifty orders later.
func (s *story) expose(w http.ResponseWriter, _ *http.Request) {
	n := s.requests.Add(50)
	if s.broken.Load() {
		s.errors.Add(20)
	}
	fmt.Fprintf(w, "# TYPE shop_requests_total counter\nshop_requests_total %d\n# TYPE shop_errors_total counter\nshop_errors_total %d\n", n, s.errors.Load())
}

// metric asks Prometheus for the present value, 0 when it has none.
func (s *story) metric(name string) (value float64) {
	a, err := newBrowser(s.t, "http://"+s.prometheus).try(s.t.Context(), "GET", "/api/v1/query?query="+name, nil)
	if err != nil {
		return 0
	}
	if m := regexp.MustCompile(`"([0-9.]+)"\]`).FindStringSubmatch(a.body); m != nil {
		fmt.Sscan(m[1], &value)
	}
	return value
}

// deploy says what a pipeline of the shop did, in our own generic form.
func (s *story) deploy(id, version, undoes, state string) {
	s.t.Helper()
	kind := "deployment"
	if undoes != "" {
		kind = "rollback"
	}
	now := time.Now().UTC().Format(time.RFC3339Nano)
	body := fmt.Sprintf(`{"type":%q,"source":"pipeline","external_id":%q,"service":"shop","env":"production","version":%q,"rolls_back":%q,"state":%q,"started_at":%q,"finished_at":%q}`,
		kind, id, version, undoes, state, now, now)
	resp, err := http.Post(s.hook, "application/json", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		s.t.Fatalf("the hook answered %d to %s", resp.StatusCode, body)
	}
}

// alarm is the page of the alarm, empty while there is none.
func (s *story) alarm() string {
	m := regexp.MustCompile(`href="(/alarms/[0-9]+)"`).FindStringSubmatch(s.ana.get("/alarms").body)
	if m == nil {
		return ""
	}
	return strings.ToLower(s.ana.get(m[1]).text())
}

// write makes the COE: from the rollback, with what is suggested and the graph.
func (s *story) write() {
	list := s.ana.get("/deployments").wants(http.StatusOK)
	id := regexpGroup(s.t, list.body, `href="/deployments/([0-9]+)"`) // the newest comes first: the rollback
	s.ana.get("/deployments/"+id).wants(http.StatusOK, "Rollback", "v42", "v41")
	made := s.ana.post("/deployments/" + id + "/coe").wants(http.StatusSeeOther)
	n := numberOf(s.t, made.to)
	suggested := s.ana.get("/coes/" + n + "/edit/evidence").wants(http.StatusOK)
	for _, m := range regexp.MustCompile(`action="(/coes/[0-9]+/evidence/[0-9]+/accept)"`).FindAllStringSubmatch(suggested.body, -1) {
		s.ana.post(m[1], "role", "suspect").wants(http.StatusSeeOther)
	}
	s.ana.post("/coes/"+n+"/metrics/fetch", "title", "Share of orders that failed", "query", "rate(shop_errors_total[5s]) / rate(shop_requests_total[5s])",
		"unit", "", "step", "1").wants(http.StatusSeeOther)
	s.ana.get("/coes/"+n).wants(http.StatusOK, "ShopErrors", "v42", "v41", "Share of orders that failed", "rate(shop_errors_total[5s])", "Stored from prometheus")
}
