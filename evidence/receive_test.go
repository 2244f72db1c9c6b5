package evidence

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"
	"coetracker/internal/jobs"
	"coetracker/people"
)

// mirror seals so that a test can see what is sealed, and that it is.
func mirror(b []byte) ([]byte, error) {
	out := make([]byte, len(b))
	for i := range b {
		out[i] = b[i] ^ 0x5a
	}
	return out, nil
}

// receiver is a store whose wall clock stands at signedAt.
func receiver(g *gorm.DB) *Store {
	return &Store{DB: g, Wall: func() time.Time { return signedAt }, Seal: mirror, Unseal: mirror}
}

func mustSource(t testing.TB, s *Store, e SourceEdit) (Source, string) {
	t.Helper()
	if e.Name == "" {
		e.Name = "a source"
	}
	if e.Verifier == "" {
		e.Verifier = VerifyNone
	}
	src, token, err := s.AddSource(t.Context(), people.Operator(), e)
	if err != nil {
		t.Fatal(err)
	}
	return src, token
}

func mustReceive(t testing.TB, s *Store, token string, h Header, body string) Receipt {
	t.Helper()
	r, err := s.Receive(t.Context(), token, h, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func delivered(t testing.TB, s *Store, id int64) Delivery {
	t.Helper()
	var d Delivery
	if err := s.DB.Take(&d, id).Error; err != nil {
		t.Fatal(err)
	}
	return d
}

func deploy(n int) string {
	return fmt.Sprintf(`{"type":"deployment","source":"test","external_id":"d-%d","service":"shop","state":"succeeded","finished_at":"2026-03-03T12:00:00Z","version":"v%d"}`, n, n)
}

func TestDeliveriesAreStoredOnceAndRepeatsCounted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		t.Parallel()
		s := receiver(g)
		src, token := mustSource(t, s, SourceEdit{})
		first := mustReceive(t, s, token, Header{"Content-Type": {"application/json"}}, deploy(1))
		if first.Repeat || first.DeliveryID == 0 {
			t.Fatalf("the first gives %+v", first)
		}
		for range 3 {
			if again := mustReceive(t, s, token, nil, deploy(1)); !again.Repeat || again.DeliveryID != first.DeliveryID {
				t.Errorf("a repeat gives %+v, want the delivery %d again", again, first.DeliveryID)
			}
		}
		if other := mustReceive(t, s, token, nil, deploy(2)); other.Repeat {
			t.Errorf("another gives %+v", other)
		}
		d := delivered(t, s, first.DeliveryID)
		if d.Repeats != 3 || string(d.Body) != deploy(1) || d.Size != int64(len(deploy(1))) || d.Tool != "generic" || d.State != Received {
			t.Errorf("stored %+v", d)
		}
		var n int64
		if g.Model(&Delivery{}).Count(&n); n != 2 {
			t.Errorf("%d rows, want 2", n)
		}
		got, err := s.SourceByID(t.Context(), people.Operator(), src.ID)
		if err != nil || got.ReceivedAt == nil || got.Version != 1 {
			t.Errorf("the source is %+v, %v", got, err)
		}
	})
}

func TestManyAtOnceShareTransactions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		t.Parallel()
		s := receiver(g)
		_, token := mustSource(t, s, SourceEdit{})
		counter := db.CountQueries(g)
		defer counter.Stop()
		const each, copies = 100, 3
		var all sync.WaitGroup
		fresh := make(chan int64, each*copies)
		for i := range each * copies {
			all.Go(func() {
				r, err := s.Receive(context.Background(), token, nil, []byte(deploy(i%each)))
				if err != nil {
					t.Error(err)
				}
				if !r.Repeat {
					fresh <- r.DeliveryID
				}
			})
		}
		all.Wait()
		if len(fresh) != each {
			t.Errorf("%d are new, want %d", len(fresh), each)
		}
		var rows []Delivery
		g.Find(&rows)
		repeats := int64(0)
		for _, d := range rows {
			repeats += d.Repeats
		}
		if len(rows) != each || repeats != each*(copies-1) {
			t.Errorf("%d rows with %d repeats, want %d and %d", len(rows), repeats, each, each*(copies-1))
		}
		inserts := 0
		for _, q := range counter.SQL() {
			if strings.HasPrefix(q, "INSERT INTO hook_deliveries") {
				inserts++
			}
		}
		t.Logf("%d deliveries in %d transactions", each*copies, inserts)
		if inserts > each*copies/2 {
			t.Errorf("%d transactions for %d deliveries", inserts, each*copies)
		}
		settled(t, g)
	})
}

// settled waits until the jobs of all batches are made, and gives their number.
func settled(t testing.TB, g *gorm.DB) int64 {
	t.Helper()
	var n int64
	for range 500 {
		if g.Table("jobs").Where("kind = ?", JobProject).Count(&n); n > 0 {
			return n
		}
		time.Sleep(10 * time.Millisecond) // the writer owes a job for a moment
	}
	t.Fatal("no job was made")
	return 0
}

func TestADeliveryIsProjectedByItsJob(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		t.Parallel()
		s := receiver(g)
		_, token := mustSource(t, s, SourceEdit{})
		for i := range 5 {
			mustReceive(t, s, token, nil, deploy(i))
		}
		if n := settled(t, g); n > 2 {
			t.Errorf("%d jobs for five deliveries, want few", n)
		}
		if err := s.Handlers()[JobProject](t.Context(), jobs.Job{Kind: JobProject, Args: "{}"}); err != nil {
			t.Fatal(err)
		}
		var items []Item
		g.Find(&items)
		var waiting int64
		g.Model(&Delivery{}).Where("state = ?", Received).Count(&waiting)
		if len(items) != 5 || waiting != 0 {
			t.Errorf("%d items, %d deliveries wait; want 5 and none", len(items), waiting)
		}
	})
}

func TestWhatCannotBeReadIsKept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		t.Parallel()
		s := receiver(g)
		_, token := mustSource(t, s, SourceEdit{})
		cases := []struct {
			name, body string
			state      DeliveryState
			cut        bool
			kept       int
		}{
			{"broken JSON", `{"a": `, Failed, false, 6},
			{"nothing", ``, Failed, false, 0},
			{"no text", "\x00\xff\xfe", Failed, false, 3},
			{"too deep", strings.Repeat("[", 100) + strings.Repeat("]", 100), Failed, false, 200},
			{"unknown", `{"some":"thing"}`, Received, false, 16},
			{"a megabyte", `{"a":"` + strings.Repeat("x", 1<<20-8) + `"}`, Received, false, 1 << 20},
			{"more than a megabyte", `{"a":"` + strings.Repeat("x", 1<<20-7) + `"}`, Failed, true, 64 << 10},
		}
		for _, c := range cases {
			r := mustReceive(t, s, token, nil, c.body)
			d := delivered(t, s, r.DeliveryID)
			if d.State != c.state || d.Cut != c.cut || len(d.Body) != c.kept || d.Size != int64(len(c.body)) || (d.State == Failed) != (d.Failure != "") {
				t.Errorf("%s: state %s, cut %v, kept %d of %d, %q", c.name, d.State, d.Cut, len(d.Body), d.Size, d.Failure)
			}
			if again := mustReceive(t, s, token, nil, c.body); !again.Repeat {
				t.Errorf("%s: again gives %+v", c.name, again)
			}
		}
	})
}

func TestUnknownAndDisabledAddresses(t *testing.T) {
	t.Parallel()
	s := receiver(dbtest.New(t))
	src, token := mustSource(t, s, SourceEdit{})
	for _, bad := range []string{"", "x", token + "x", token[1:], strings.ToUpper(token), *tokenHash(token), strings.Repeat("x", 5000)} {
		if _, err := s.Receive(t.Context(), bad, nil, []byte(`{}`)); !fault.Is(err, fault.NotFound) {
			t.Errorf("the token %.20q gives %v", bad, err)
		}
	}
	src, err := s.DisableSource(t.Context(), people.Operator(), src.ID, src.Version)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SourceOf(t.Context(), token); !fault.Is(err, fault.NotFound) {
		t.Errorf("a disabled source gives %v", err)
	}
	if _, err := s.EnableSource(t.Context(), people.Operator(), src.ID, src.Version); err != nil {
		t.Fatal(err)
	}
	mustReceive(t, s, token, nil, `{}`)
}

func TestRefusedDeliveriesAreCountedAndNotStored(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		t.Parallel()
		s := receiver(g)
		src, token := mustSource(t, s, SourceEdit{Verifier: VerifyGitHub, Secret: hush})
		bad := Header{"X-Hub-Signature-256": {"sha256=" + hexSum("another secret", smallBody)}}
		for range 3 {
			if _, err := s.Receive(t.Context(), token, bad, []byte(smallBody)); !errors.Is(err, ErrCredential) {
				t.Fatalf("a forgery gives %v", err)
			}
		}
		failures := func(want int64) Source {
			var got Source
			for range 500 {
				if got, _ = s.SourceByID(t.Context(), people.Operator(), src.ID); got.Failures == want {
					return got
				}
				time.Sleep(10 * time.Millisecond) // nobody waits for the count
			}
			t.Fatalf("%d failures, want %d", got.Failures, want)
			return got
		}
		if got := failures(3); got.FailedAt == nil || got.Failure != "the signature does not fit the body" || strings.Contains(got.Failure, hush) {
			t.Errorf("the source says %q", got.Failure)
		}
		var n int64
		if g.Model(&Delivery{}).Count(&n); n != 0 {
			t.Errorf("%d deliveries are stored", n)
		}
		mustReceive(t, s, token, Header{"X-Hub-Signature-256": {"sha256=" + hexSum(hush, smallBody)}}, smallBody)
		failures(0)
	})
}

func TestSecretsDoNotReachTheDatabase(t *testing.T) {
	t.Parallel()
	s := receiver(dbtest.New(t))
	_, token := mustSource(t, s, SourceEdit{Verifier: VerifyHeader, Header: "Idempotency-Key", Secret: "canary-0-long"})
	h := Header{
		"Idempotency-Key": {"canary-0-long"}, "Authorization": {"Bearer canary-1"}, "Cookie": {"canary-2"}, "X-Gitlab-Token": {"canary-3"}, "X-Hub-Signature-256": {"canary-4"},
		"Content-Type": {"application/json"}, "User-Agent": {"test/1"},
	}
	bodies := []string{
		`{"metadata":{"token":"canary-5","x":1},"headers":{"Authorization":"canary-6","set-cookie":["canary-7"]},"list":[{"name":"api_key","value":"canary-8"}]}`,
		`{"experiment":{"title":"t","method":[],"secrets":{"a":{"b":"canary-9"}},"configuration":{"c":"canary-10"}},"run":[{"output":"curl -H 'Authorization: Bearer canary-11-and-more-of-it'"}]}`,
		`{"Type":"Notification","MessageId":"1","TopicArn":"arn","Message":"{\"password\":\"canary-12\",\"deep\":{\"client_secret\":\"canary-13\"}}"}`,
		`{"\u0061uthorization":"canary-14"}`,
		`{"broken":true,"password":"canary-15","secrets":{"k":"canary-16"},"configuration":{"k":{"l":"canary-17`,
		`payload`,
	}
	for i, body := range bodies {
		if i == len(bodies)-1 {
			h["Content-Type"] = []string{"application/x-www-form-urlencoded"}
			body = "payload=%7B%22access_token%22%3A%22canary-18%22%7D"
		}
		r := mustReceive(t, s, token, h, body)
		d := delivered(t, s, r.DeliveryID)
		if all := string(d.Body) + d.Headers + d.Failure + d.Warnings + d.DedupeKey; strings.Contains(all, "canary") {
			t.Errorf("message %d is kept as %s with %s", i, d.Body, d.Headers)
		}
		if d.KeptHeaders().Get("User-Agent") != "test/1" {
			t.Errorf("message %d has the headers %s", i, d.Headers)
		}
		if i < 4 && d.State != Received {
			t.Errorf("message %d is %s: %s", i, d.State, d.Failure)
		}
	}
	var sealed []byte
	s.DB.Raw("SELECT secret FROM hook_sources").Scan(&sealed)
	if len(sealed) == 0 || strings.Contains(string(sealed), "canary") {
		t.Errorf("the secret is kept as %q", sealed)
	}
}

func TestWhatHasNoSecretStaysByteForByte(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"{ \"b\": 1.50,\n\t\"a\": [1e3, \"\\u00e9\", null] }", `{"key":"value","token":"an own word","configuration":{"x":1},"secrets":[1]}`, "a: 1\nb: [x]\n",
		`{"secrets":{},"method":[],"title":"t","configuration":{}}`, `{"password":""}`, `{"password":null}`,
	} {
		if got := string(strip([]byte(body))); got != body {
			t.Errorf("%q became %q", body, got)
		}
	}
	if got := string(strip([]byte("password: x\nn: 12345678901234567890\n"))); got != `{"n":12345678901234567890,"password":"[removed]"}`+"\n" {
		t.Errorf("YAML became %q", got)
	}
}

// Where the database does not answer the sender is told to send again, and what
// it then sends is taken.
func TestWithoutADatabaseTheSenderIsAskedAgain(t *testing.T) {
	t.Parallel()
	g := dbtest.New(t)
	s := receiver(g)
	_, token := mustSource(t, s, SourceEdit{})
	if err := g.Exec("ALTER TABLE hook_deliveries RENAME TO away").Error; err != nil {
		t.Fatal(err)
	}
	if _, err := s.Receive(t.Context(), token, nil, []byte(deploy(1))); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without the table: %v", err)
	}
	if err := g.Exec("ALTER TABLE away RENAME TO hook_deliveries").Error; err != nil {
		t.Fatal(err)
	}
	if r := mustReceive(t, s, token, nil, deploy(1)); r.Repeat {
		t.Errorf("afterwards: %+v", r)
	}
	settled(t, g)
	pool, err := g.DB()
	if err != nil {
		t.Fatal(err)
	}
	_ = pool.Close()
	if _, err := s.Receive(t.Context(), token, nil, []byte(deploy(2))); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without a database: %v", err)
	}
}

func TestAccountsAndTopicsOfASource(t *testing.T) {
	t.Parallel()
	event := func(account string) string {
		return `{"version":"0","id":"e-` + account + `","detail-type":"FIS Experiment State Change","source":"aws.fis","account":"` + account + `","time":"2026-03-03T12:00:00Z","region":"eu-west-1","resources":[],"detail":{}}`
	}
	sns := func(topic, message string) string {
		return fmt.Sprintf(`{"Type":"Notification","MessageId":"1","TopicArn":%q,"Message":%q}`, topic, message)
	}
	cases := []struct {
		name, list, body string
		ok               bool
	}{
		{"no list", "", event("999999999999"), true},
		{"its account", "111122223333", event("111122223333"), true},
		{"another account", "111122223333", event("999999999999"), false},
		{"no account", "111122223333", `{"a":1}`, false},
		{"a list of events", "111122223333", "[" + event("111122223333") + "," + event("999999999999") + "]", false},
		{"two events", "111122223333", event("111122223333") + event("999999999999"), false},
		{"an empty list", "111122223333", "[]", false},
		{"lambda's alarm", "111122223333", `{"alarmArn":"x","accountId":"111122223333","alarmData":{}}`, true},
		{"its topic", snsTopic, sns(snsTopic, "hello"), true},
		{"a topic of its account", "111122223333", sns(snsTopic, "hello"), true},
		{"another topic", snsTopic, sns(snsTopic+"2", "hello"), false},
		{"an event of another account by its topic", snsTopic + "\n111122223333", sns(snsTopic, event("999999999999")), false},
		{"an event of its account by its topic", snsTopic + "\n111122223333", sns(snsTopic, event("111122223333")), true},
		{"broken, of which nothing is made", "111122223333", `{`, true},
		{"the event as YAML", "111122223333", "detail-type: FIS Experiment State Change\nsource: aws.fis\naccount: \"999999999999\"\ndetail: {}\n", false},
		{"a table", "111122223333", "time,errors\n2026-03-03T12:00:00Z,1\n", false},
	}
	for _, c := range cases {
		if err := allowed(c.list, []byte(c.body)); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrCredential) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
