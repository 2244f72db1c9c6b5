package web_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// class is what an answer comes to.
type class string

const (
	ok       class = "ok"  // 200, or 303 to a page of ours, or 204
	signIn   class = "in"  // not signed in: 303 to /signin for a page, else 401
	absent   class = "404" // as what does not exist
	refused  class = "403" // visible, but not allowed
	gone     class = "410" // a sign-in link that does not work any more
	invalid  class = "422"
	sentAway class = "out" // 303 to /signin: signed out
)

// right is one column of product.md §10: what everybody gets on own, org,
// restricted and deleted documents. Those without a session that counts are
// always asked to sign in, unless open says otherwise.
type right struct {
	open  bool
	cells map[string][4]class
}

func (r right) cell(who, kind string) class {
	if !slices.Contains(signedIn, who) && !r.open {
		return signIn
	}
	return r.cells[who][slices.Index(kinds, kind)]
}

// rights is product.md §10 as a table, written from that paragraph and not from
// the code. Columns: own, org, restricted, deleted. Own is a restricted draft
// that the person owns; its open action is theirs as well. The org and the
// restricted document are in review and have been since a while.
var rights = map[string]right{
	// Readers read org documents; restricted ones only owner, named people and
	// administrators; deleted ones nobody.
	"reads": parse(`
		reader    ok   ok   404  404
		assignee  ok   ok   404  404
		named     ok   ok   ok   404
		outsider  ok   ok   404  404
		teammate  ok   ok   404  404
		writer    ok   ok   ok   404
		owner     ok   ok   ok   404
		reviewer  ok   ok   ok   404
		stranger  ok   ok   404  404
		admin     ok   ok   ok   404`),
	// Writers edit documents of their own teams, and where they are owner or
	// writer; reviewers as writers; readers none, not even one they own.
	"edits": parse(`
		reader    403  403  404  404
		assignee  403  403  404  404
		named     403  403  403  404
		outsider  ok   403  404  404
		teammate  ok   ok   404  404
		writer    ok   ok   ok   404
		owner     ok   ok   ok   404
		reviewer  ok   403  403  404
		stranger  ok   403  404  404
		admin     ok   ok   ok   404`),
	// Steps between states, and who owns, writes and sees: owner and admins.
	"owns": parse(`
		reader    403  403  404  404
		assignee  403  403  404  404
		named     403  403  403  404
		outsider  ok   403  404  404
		teammate  ok   403  404  404
		writer    ok   403  403  404
		owner     ok   ok   ok   404
		reviewer  ok   403  403  404
		stranger  ok   403  404  404
		admin     ok   ok   ok   404`),
	// Sign-off: named, with the role reviewer or admin, never the owner.
	"signs": parse(`
		reader    403  403  404  404
		assignee  403  403  404  404
		named     403  403  403  404
		outsider  403  403  404  404
		teammate  403  403  404  404
		writer    403  403  403  404
		owner     403  403  403  404
		reviewer  403  ok   ok   404
		stranger  403  403  404  404
		admin     403  403  403  404`),
	// The owner deletes a draft that was never in review, an admin any.
	"deletes": parse(`
		reader    403  403  404  404
		assignee  403  403  404  404
		named     403  403  403  404
		outsider  ok   403  404  404
		teammate  ok   403  404  404
		writer    ok   403  403  404
		owner     ok   403  403  404
		reviewer  ok   403  403  404
		stranger  ok   403  404  404
		admin     ok   ok   ok   404`),
	// The bin: its owner and admins. What is not in it cannot be taken out.
	"restores": parse(`
		reader    404  404  404  404
		assignee  404  404  404  404
		named     404  404  404  404
		outsider  404  404  404  404
		teammate  404  404  404  404
		writer    404  404  404  404
		owner     404  404  404  ok
		reviewer  404  404  404  404
		stranger  404  404  404  404
		admin     404  404  404  ok`),
	// An action's owner, whatever the role, claims, blocks, moves and hands
	// over, on a restricted document too; besides, who may edit.
	"acts": parse(`
		reader    ok   403  404  404
		assignee  ok   ok   ok   404
		named     ok   403  403  404
		outsider  ok   403  404  404
		teammate  ok   ok   404  404
		writer    ok   ok   ok   404
		owner     ok   ok   ok   404
		reviewer  ok   403  403  404
		stranger  ok   403  404  404
		admin     ok   ok   ok   404`),
	// What an action says, and whether it is done at all, is for who may edit.
	// Its owner sees it, so the refusal is 403 there.
	"edits action": parse(`
		reader    403  403  404  404
		assignee  403  403  403  404
		named     403  403  403  404
		outsider  ok   403  404  404
		teammate  ok   ok   404  404
		writer    ok   ok   ok   404
		owner     ok   ok   ok   404
		reviewer  ok   403  403  404
		stranger  ok   403  404  404
		admin     ok   ok   ok   404`),
	// A claim is accepted by the document's owner or the named verifier, by
	// admins too, never by the action's owner, and by nobody who may not see
	// the document.
	"verifies": parse(`
		reader    403  403  404  404
		assignee  403  403  403  404
		named     403  403  403  404
		outsider  403  403  404  404
		teammate  403  403  404  404
		writer    403  403  403  404
		owner     403  ok   ok   404
		reviewer  403  403  403  404
		stranger  403  ok   404  404
		admin     403  ok   ok   404`),
	// Everybody signed in.
	"signed in": parse(same(ok, ok)),
	// Writers, reviewers and admins make documents and import.
	"creates": parse(same(refused, ok)),
	// People, teams, services, /setup: administrators.
	"admin": parse(onlyAdmin()),
	// No session needed.
	"open":   everybody(ok),
	"absent": parse(same(absent, absent)),
	"spent":  everybody(gone),
	"hook":   everybody(absent), // an address that is not there; see TestHooks for those that are
	"token":  everybody("401"),  // takes a token of a machine only, see TestAPI
	"out":    parse(same(sentAway, sentAway)),
}

// parse reads a table of rights.
func parse(text string) right {
	r := right{cells: map[string][4]class{}}
	for line := range strings.Lines(strings.TrimSpace(text)) {
		f := strings.Fields(line)
		r.cells[f[0]] = [4]class{class(f[1]), class(f[2]), class(f[3]), class(f[4])}
	}
	return r
}

// same is a table where only readers differ from the others.
func same(readers, others class) string {
	var b strings.Builder
	for _, who := range signedIn {
		c := others
		if who == reader || who == assignee || who == named {
			c = readers
		}
		fmt.Fprintln(&b, who, c, c, c, c)
	}
	return b.String()
}

func onlyAdmin() string {
	text := same(refused, refused)
	return strings.Replace(text, "admin 403 403 403 403", "admin ok ok ok ok", 1)
}

// everybody is a table that does not ask who somebody is.
func everybody(c class) right {
	r := right{open: true, cells: map[string][4]class{}}
	for _, who := range principals {
		r.cells[who] = [4]class{c, c, c, c}
	}
	return r
}

func TestAccessTablesAreWhole(t *testing.T) {
	t.Parallel()
	for name, r := range rights {
		for _, who := range signedIn {
			for i, c := range r.cells[who] {
				if !slices.Contains([]class{ok, "401", absent, refused, gone, sentAway}, c) {
					t.Errorf("%s: %s on %s is %q", name, who, kinds[i], c)
				}
			}
		}
		if n := len(r.cells); n != len(signedIn) && n != len(principals) {
			t.Errorf("%s has %d rows", name, n)
		}
	}
}
