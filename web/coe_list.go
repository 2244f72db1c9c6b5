package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

// listed is how many documents one page of the list shows.
const listed = 50

var (
	numberWord = regexp.MustCompile(`^(?i:coe-)?([1-9][0-9]{0,8})$`)
	kinds      = []coe.Kind{coe.Incident, coe.NearMiss, coe.ProceduralMiss, coe.ExperimentFinding, coe.Win}
)

// coeList is the list of documents. A number typed into the search leads to
// its document when the person may see it; else it is looked for as a word.
func (s *Server) coeList(c *gin.Context) error {
	ctx, q := c.Request.Context(), strings.TrimSpace(c.Query("q"))
	if m := numberWord.FindStringSubmatch(q); m != nil {
		n, _ := strconv.ParseInt(m[1], 10, 64)
		_, err := s.COEs.ByNumber(ctx, who(c), n)
		if err == nil {
			c.Redirect(http.StatusSeeOther, coePath(n))
			return nil
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	list, err := s.COEs.List(ctx, who(c), listFilter(c), c.Query("before"), listed)
	if err != nil {
		return err
	}
	services, err := s.People.ListServices(ctx)
	if err != nil {
		return err
	}
	owners, err := s.People.List(ctx, people.Filter{})
	if err != nil {
		return err
	}
	p := templates.COEsPage{
		Frame: s.nav(c, "COEs", "coes", templates.Key{Press: "j k", Does: "down, up"}, templates.Key{Press: "Enter", Does: "open"}),
		Query: q, Views: listViews(c), Filters: listFilters(c, services, owners), Filtered: len(c.Request.URL.Query()) > 0,
	}
	for _, r := range list.Rows {
		row := templates.NewCOERow(r, s.Calendar())
		p.Rows, p.Scale = append(p.Rows, row), p.Scale || row.Strip != ""
	}
	if list.Next != "" {
		p.Older = listHref(c, "before", list.Next)
	}
	return render(c, http.StatusOK, templates.COEs, p)
}

// listFilter reads the filters of the address; what is none of the choices
// finds nothing rather than everything.
func listFilter(c *gin.Context) coe.Filter {
	f := coe.Filter{Words: c.Query("q"), Kind: coe.Kind(c.Query("kind")), State: coe.State(c.Query("state")), View: coe.ListView(c.Query("view"))}
	if v := c.Query("severity"); v != "" {
		n, _ := strconv.Atoi(v)
		f.Severity = []int{n}
	}
	f.ServiceID, f.OwnerID = chosen(c, "service"), chosen(c, "owner")
	return f
}

// chosen is the id of a filter: 0 for no filter, -1 for one that is none.
func chosen(c *gin.Context, name string) int64 {
	text := c.Query(name)
	if text == "" {
		return 0
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 {
		return n
	}
	return -1
}

// listHref is this list with one filter changed, from its beginning.
func listHref(c *gin.Context, name, value string) string {
	q := url.Values{}
	for k, v := range c.Request.URL.Query() {
		if k != "before" && len(v) > 0 && v[0] != "" {
			q.Set(k, v[0])
		}
	}
	q.Set(name, value)
	if value == "" {
		q.Del(name)
	}
	if len(q) == 0 {
		return "/coes"
	}
	return "/coes?" + q.Encode()
}

func listViews(c *gin.Context) []templates.ViewLink {
	var out []templates.ViewLink
	for _, v := range []struct {
		view  coe.ListView
		label string
	}{{"", "All"}, {coe.ViewWaiting, "Waiting for me"}, {coe.ViewMine, "Mine"}, {coe.ViewInReview, "In review"}, {coe.ViewOverdue, "With overdue actions"}} {
		out = append(out, templates.ViewLink{Label: v.label, Href: listHref(c, "view", string(v.view)), Here: c.Query("view") == string(v.view)})
	}
	return out
}

func listFilters(c *gin.Context, services []people.Service, owners []people.Person) []templates.SelectField {
	kind := templates.SelectField{Name: "kind", Label: "Kind", Options: kindOptions("any kind", coe.Kind(c.Query("kind")))}
	sev := templates.SelectField{Name: "severity", Label: "Severity", Options: optional("any severity", severityOptions(c.Query("severity")))}
	state := templates.SelectField{Name: "state", Label: "State", Options: []templates.Option{{Label: "any state"}}}
	for _, st := range coe.States() {
		state.Options = append(state.Options, templates.Option{Value: string(st), Label: st.Label(), Selected: c.Query("state") == string(st)})
	}
	service := templates.SelectField{Name: "service", Label: "Service", Options: optional("any service", serviceOptions(services, chosen(c, "service")))}
	owner := templates.SelectField{Name: "owner", Label: "Owner", Options: optional("any owner", personOptions(owners, chosen(c, "owner")))}
	return []templates.SelectField{kind, sev, state, service, owner}
}

func kindOptions(any string, chosen coe.Kind) []templates.Option {
	var out []templates.Option
	if any != "" {
		out = append(out, templates.Option{Label: any})
	}
	for _, k := range kinds {
		out = append(out, templates.Option{Value: string(k), Label: templates.KindWord(k), Selected: k == chosen})
	}
	return out
}

func severityOptions(chosen string) []templates.Option {
	out := []templates.Option{{Value: "1", Label: "1, the worst"}, {Value: "2", Label: "2"}, {Value: "3", Label: "3"}, {Value: "4", Label: "4"}}
	for i := range out {
		out[i].Selected = out[i].Value == chosen
	}
	return out
}

func serviceOptions(list []people.Service, chosen ...int64) []templates.Option {
	return options(list, func(s people.Service) (int64, string) { return s.ID, s.Name }, chosen...)
}

func personOptions(list []people.Person, chosen ...int64) []templates.Option {
	return options(list, func(p people.Person) (int64, string) { return p.ID, templates.PersonName(p) }, chosen...)
}

// coePath is the address of a document.
func coePath(n int64) string { return "/coes/" + strconv.FormatInt(n, 10) }
