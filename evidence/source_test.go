package evidence

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"

	"coetracker/internal/dbtest"
	"coetracker/internal/fault"
	"coetracker/internal/jobs"
	"coetracker/people"
)

func TestSourcesAreCheckedBeforeTheyAreKept(t *testing.T) {
	t.Parallel()
	s := receiver(dbtest.New(t))
	mustSource(t, s, SourceEdit{Name: "taken"})
	good := SourceEdit{Name: "new", Verifier: VerifyNone}
	cases := []struct {
		field string
		edit  func(*SourceEdit)
	}{
		{"name", func(e *SourceEdit) { e.Name = " " }},
		{"name", func(e *SourceEdit) { e.Name = "taken" }},
		{"name", func(e *SourceEdit) { e.Name = "Files" }},
		{"name", func(e *SourceEdit) { e.Name = "two\nlines" }},
		{"tool", func(e *SourceEdit) { e.Tool = "magic" }},
		{"verifier", func(e *SourceEdit) { e.Verifier = "magic" }},
		{"verifier", func(e *SourceEdit) { e.Verifier = "" }},
		{"header", func(e *SourceEdit) { e.Verifier, e.Secret = VerifyHeader, hush }},
		{"header", func(e *SourceEdit) { e.Verifier, e.Secret, e.Header = VerifyHeader, hush, "X Y" }},
		{"header", func(e *SourceEdit) { e.Verifier, e.Secret, e.Header = VerifyHeader, hush, "X:Y" }},
		{"header", func(e *SourceEdit) { e.Verifier, e.Secret, e.Header = VerifyHeader, hush, "Cookie" }},
		{"secret", func(e *SourceEdit) { e.Verifier, e.Header = VerifyHeader, "X-Key" }},
		{"secret", func(e *SourceEdit) { e.Verifier, e.Secret = VerifyBasic, "no colon here" }},
		{"secret", func(e *SourceEdit) { e.Verifier, e.Secret = VerifyBasic, "emptypassword:" }},
		{"secret", func(e *SourceEdit) { e.Verifier, e.Secret = VerifyGitHub, "short" }},
		{"secret", func(e *SourceEdit) { e.Verifier, e.Secret = VerifyGitHub, hush+"\n" }},
		{"allowed", func(e *SourceEdit) { e.Allowed = "12345" }},
		{"allowed", func(e *SourceEdit) { e.Allowed = "arn:aws:sqs:eu-west-1:111122223333:q" }},
		{"service", func(e *SourceEdit) { e.ServiceID = 99 }},
	}
	for _, v := range Verifiers() {
		if needsSecret(v) {
			cases = append(cases, struct {
				field string
				edit  func(*SourceEdit)
			}{"secret", func(e *SourceEdit) { e.Verifier, e.Secret, e.Header = v, "        ", "X-Key" }})
		}
	}
	for i, c := range cases {
		e := good
		c.edit(&e)
		_, _, err := s.AddSource(t.Context(), people.Operator(), e)
		if f, ok := fault.Of(err); !ok || f.Kind != fault.Invalid || f.Field != c.field {
			t.Errorf("case %d, %+v: %v, want a bad %s", i, e, err, c.field)
		}
	}
	for _, p := range []*people.Principal{nil, {Person: people.Person{ID: 1, Role: people.Writer}}} {
		if _, err := s.Sources(t.Context(), p); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%v sees sources: %v", p, err)
		}
		if _, _, err := s.AddSource(t.Context(), p, good); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%v adds a source: %v", p, err)
		}
	}
}

func TestTokensAndSecretsAreExchangedTwoAtATime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		t.Parallel()
		s, op := receiver(g), people.Operator()
		src, first := mustSource(t, s, SourceEdit{Verifier: VerifyHeader, Header: "X-Key", Secret: "the first secret"})
		takes := func(token, secret string) bool {
			_, err := s.Receive(t.Context(), token, Header{"X-Key": {secret}}, []byte(`{}`))
			return err == nil
		}
		next, second, err := s.Rotate(t.Context(), op, src.ID, src.Version, RotateToken, "")
		if err != nil || second == first || len(second) < 40 {
			t.Fatalf("%q, %v", second, err)
		}
		if !strings.HasSuffix(second, strings.TrimPrefix(next.TokenHint, "…")) {
			t.Errorf("the hint is %s", next.TokenHint)
		}
		next, shown, err := s.Rotate(t.Context(), op, src.ID, next.Version, RotateSecret, "the second secret")
		if err != nil || shown != "" {
			t.Fatalf("%q, %v", shown, err)
		}
		for _, token := range []string{first, second} {
			for _, secret := range []string{"the first secret", "the second secret"} {
				if !takes(token, secret) {
					t.Errorf("%s with %s is refused during the exchange", token[:4], secret)
				}
			}
		}
		if _, _, err := s.Rotate(t.Context(), op, src.ID, src.Version, RotateDone, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("an old version gives %v", err)
		}
		next, _, err = s.Rotate(t.Context(), op, src.ID, next.Version, RotateDone, "")
		if err != nil {
			t.Fatal(err)
		}
		if takes(first, "the second secret") || takes(second, "the first secret") || !takes(second, "the second secret") {
			t.Error("after the exchange old ones are good, or the new one is not")
		}
		_, made, err := s.Rotate(t.Context(), op, src.ID, next.Version, RotateSecret, "")
		if err != nil || !takes(second, made) || !takes(second, "the second secret") {
			t.Errorf("a secret made here is not good: %v", err)
		}
	})
}

func TestSourcesAreChanged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		t.Parallel()
		s, op := receiver(g), people.Operator()
		src, token := mustSource(t, s, SourceEdit{Name: "ci", Verifier: VerifyGitHub, Secret: hush})
		e := SourceEdit{Name: "ci of the shop", Tool: "github", Verifier: VerifyGitHub, Allowed: " 111122223333,444455556666 "}
		src, err := s.SetSource(t.Context(), op, src.ID, src.Version, e)
		if err != nil || src.Name != e.Name || src.Allowed != "111122223333\n444455556666" || src.Version != 2 || len(src.Secret) == 0 {
			t.Fatalf("%+v, %v", src, err)
		}
		e.Allowed, e.Verifier = "", VerifyGitLab
		if _, err := s.SetSource(t.Context(), op, src.ID, src.Version, e); !fault.Is(err, fault.Invalid) {
			t.Errorf("the secret of GitHub is kept for GitLab: %v", err)
		}
		e.Verifier = VerifyNone
		if src, err = s.SetSource(t.Context(), op, src.ID, src.Version, e); err != nil || len(src.Secret) != 0 {
			t.Fatalf("without a verifier: %+v, %v", src, err)
		}
		mustReceive(t, s, token, nil, `{}`)
		if _, err := s.SourceByID(t.Context(), op, 99); !fault.Is(err, fault.NotFound) {
			t.Errorf("source 99: %v", err)
		}
		var verbs []string
		g.Table("audit").Where("object = 'source:1'").Order("id").Pluck("verb", &verbs)
		if strings.Join(verbs, " ") != "source.add source.set source.set" {
			t.Errorf("the audit log says %v", verbs)
		}
		var secret int64
		if g.Table("audit").Where("detail LIKE ?", "%"+hush+"%").Count(&secret); secret != 0 {
			t.Error("a secret is in the audit log")
		}
	})
}

func TestFilesAreReadAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		t.Parallel()
		s, op := receiver(g), people.Operator()
		r, parsed, err := s.AddFile(t.Context(), op, "deploy.json", "", []byte(deploy(1)))
		if err != nil || r.Repeat || parsed.Source != "generic" || len(parsed.Records) != 1 {
			t.Fatalf("%+v, %+v, %v", r, parsed, err)
		}
		var items []Item
		if g.Find(&items); len(items) != 1 || items[0].ExternalID == "" {
			t.Fatalf("items %+v", items)
		}
		again, _, err := s.AddFile(t.Context(), op, "copy.json", "generic", []byte(deploy(1)))
		if err != nil || !again.Repeat || again.DeliveryID != r.DeliveryID {
			t.Errorf("the same again: %+v, %v", again, err)
		}
		if d := delivered(t, s, r.DeliveryID); d.State != Projected || d.Name != "deploy.json" || d.Repeats != 1 {
			t.Errorf("the delivery is %+v", d)
		}
		for what, f := range map[string]func() error{
			"broken":       func() error { _, _, err := s.AddFile(t.Context(), op, "x.json", "", []byte("{")); return err },
			"unknown tool": func() error { _, _, err := s.AddFile(t.Context(), op, "x.json", "magic", []byte("{}")); return err },
			"too large": func() error {
				_, _, err := s.AddFile(t.Context(), op, "x.json", "", make([]byte, maxFile+1))
				return err
			},
		} {
			if err := f(); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, _, err := s.AddFile(t.Context(), &people.Principal{Person: people.Person{ID: 1, Role: people.Reader}}, "x.json", "", []byte(deploy(2))); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a reader: %v", err)
		}
		n, err := s.Replay(t.Context(), op, 0)
		if err != nil || n != 1 {
			t.Errorf("replayed %d, %v", n, err)
		}
		if err := s.ProjectReceived(t.Context()); err != nil {
			t.Fatal(err)
		}
		if g.Find(&items); len(items) != 1 {
			t.Errorf("%d items after reading again, want 1", len(items))
		}
	})
}

func TestSubscriptionsConfirmThemselvesForListedTopicsOnly(t *testing.T) {
	t.Parallel()
	r := newSNS(t)
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		t.Parallel()
		s := receiver(g)
		var asked []string
		s.Fetch = func(_ context.Context, address string) ([]byte, error) {
			if asked = append(asked, address); address == snsCert {
				return r.cert, nil
			}
			return nil, nil
		}
		ask := func(name, list string) Delivery {
			_, token := mustSource(t, s, SourceEdit{Name: name, Verifier: VerifySNS, Allowed: list})
			got := mustReceive(t, s, token, nil, string(asJSON(t, r.message(t, "2", confirmRequest()))))
			return delivered(t, s, got.DeliveryID)
		}
		pending := func() (list []jobs.Job) {
			g.Where("kind = ?", JobConfirm).Order("id").Find(&list)
			return list
		}
		if d := ask("no list", ""); d.State != NothingNew || d.ConfirmLink() == "" || !strings.Contains(d.Warnings, "by hand") || len(pending()) != 0 {
			t.Errorf("without a list: %+v, %d jobs", d, len(pending()))
		}
		d := ask("a list", snsTopic)
		list := pending()
		if len(list) != 1 {
			t.Fatalf("%d jobs, want one", len(list))
		}
		for range 2 { // at least once
			if err := s.ConfirmHandlers()[JobConfirm](t.Context(), list[0]); err != nil {
				t.Fatal(err)
			}
		}
		if got := asked[len(asked)-1]; got != confirmRequest()["SubscribeURL"] {
			t.Errorf("fetched %q", got)
		}
		if d = delivered(t, s, d.ID); d.Warnings != "The subscription is confirmed." {
			t.Errorf("it says %q", d.Warnings)
		}
		shown, err := s.Confirmations(t.Context(), people.Operator(), d.SourceID)
		if err != nil || len(shown) != 1 {
			t.Errorf("%d are shown, %v", len(shown), err)
		}
		s.Fetch = func(context.Context, string) ([]byte, error) { return nil, errors.New("no route") }
		if err := s.ConfirmHandlers()[JobConfirm](t.Context(), list[0]); err == nil {
			t.Error("a failure is no reason to try again")
		}
		if d = delivered(t, s, d.ID); d.Failure != "The link could not be fetched: no route" {
			t.Errorf("it says %q", d.Failure)
		}
	})
}

func TestConfirmLinksLeadToAmazonOnly(t *testing.T) {
	t.Parallel()
	for link, ok := range map[string]bool{
		"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=x": true,
		"https://sns.cn-north-1.amazonaws.com.cn/?Action=ConfirmSubscription":     true,
		"http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription":          false,
		"https://169.254.169.254/latest/meta-data":                                false,
		"https://sns.eu-west-1.amazonaws.com.evil.example/?Action=x":              false,
		"javascript:alert(1)//sns.eu-west-1.amazonaws.com":                        false,
		"https://user@sns.eu-west-1.amazonaws.com/":                               false,
		"https://sns.eu-west-1.amazonaws.com:22/":                                 false,
		"https://s3.eu-west-1.amazonaws.com/":                                     false,
	} {
		m := confirmRequest()
		m["SubscribeURL"], m["MessageId"], m["TopicArn"] = link, "1", snsTopic
		d := Delivery{Name: confirmation, Body: asJSON(t, m)}
		if got := d.ConfirmLink(); (got != "") != ok {
			t.Errorf("%s gives %q", link, got)
		}
	}
}
