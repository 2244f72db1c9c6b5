package web

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/coe/importer"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

// importPage takes a review as text or file.
func (s *Server) importPage(c *gin.Context) error {
	if err := mayImport(c); err != nil {
		return err
	}
	return s.showImport(c, http.StatusOK, nil)
}

func mayImport(c *gin.Context) error {
	if !people.May(who(c), people.Create, people.Resource{}) {
		return fault.Forbiddenf("Readers may not import a review. An administrator can give you the role writer.")
	}
	return nil
}

func (s *Server) showImport(c *gin.Context, status int, err error) error {
	teams, lerr := s.People.ListTeams(c.Request.Context())
	if lerr != nil {
		return lerr
	}
	p := who(c)
	var team int64
	if len(p.Teams) > 0 {
		team = p.Teams[0]
	}
	f := templates.Form{Draft: fmt.Sprintf("import-%d", p.ID), Fields: []templates.Field{
		{Kind: "area", Name: "text", Label: "Text of the review", Rows: 14},
		{Kind: "file", Name: "file", Label: "Or its file", Hint: "Up to 2.5 MB. It is kept as it is beside the draft."},
		{Kind: "text", Name: "zone", Label: "Time zone of its times", Hint: "Used when the text names none. Empty: " + s.zoneOf(p) + ".", Auto: "off"},
		{Kind: "select", Name: "team", Label: "Team", Options: optional("no team", teamOptions(teams, team))},
	}}
	if err != nil {
		if f, status, err = refused(c, f, err); err != nil {
			return err
		}
	}
	return render(c, status, templates.Import, templates.ImportPage{Frame: s.nav(c, "Import a review", "coes"), Form: f})
}

// zoneOf names the zone of a person, else the instance's.
func (s *Server) zoneOf(p *people.Principal) string {
	if p.Zone != "" {
		return p.Zone
	}
	return s.Zone
}

// review is what is imported, with what was chosen about it.
type review struct {
	bytes    []byte
	fileName string
	read     importer.Review
	own      *coe.Document // a file of our own format
}

// largestReview bounds a file, so that its preview fits into a form.
const largestReview = 2_500_000

// uploaded reads the review from the first form: a file, else the pasted text.
func uploaded(c *gin.Context) (review, error) {
	var tooLarge *http.MaxBytesError
	head, err := c.FormFile("file")
	if errors.As(err, &tooLarge) {
		return review{}, err
	}
	if err != nil || head.Size == 0 {
		text := strings.ReplaceAll(c.PostForm("text"), "\r\n", "\n")
		if strings.TrimSpace(text) == "" {
			return review{}, fault.Invalidf("text", "Paste a review, or choose its file.")
		}
		return review{bytes: []byte(text), fileName: "pasted.md"}, nil
	}
	if head.Size > largestReview {
		return review{}, fault.Invalidf("file", "This file is larger than 2.5 MB. Import it with the command: coe import FILE.")
	}
	f, err := head.Open()
	if err != nil {
		return review{}, err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	return review{bytes: b, fileName: head.Filename}, err
}

// carried reads the review from the preview's form.
func carried(c *gin.Context) (review, error) {
	if err := c.Request.ParseForm(); err != nil {
		return review{}, err
	}
	b, err := base64.RawURLEncoding.DecodeString(c.PostForm("source"))
	if err != nil || len(b) == 0 {
		return review{}, fault.Invalidf("text", "The form came without the review. Paste it again.")
	}
	return review{bytes: b, fileName: c.PostForm("file_name")}, nil
}

// parse takes the review apart.
func (s *Server) parse(c *gin.Context, r *review) error {
	if coe.IsFile(r.bytes) {
		f, err := coe.Read(r.bytes)
		if err == nil {
			r.own = f.Document
		}
		return err
	}
	var err error
	r.read, err = importer.Parse(r.bytes, importer.Options{Zone: field(c, "zone"), DefaultZone: s.zoneOf(who(c)), FileName: r.fileName})
	if n := len(r.read.Events) + len(r.read.Actions); err == nil && n > longestPaste {
		err = fault.Invalidf("text", "%d times and actions were found, more than a page can show. Check that this is a review.", n)
	}
	return err
}

// importPreview shows what was understood; nothing is stored.
func (s *Server) importPreview(c *gin.Context) error {
	if err := mayImport(c); err != nil {
		return err
	}
	again := c.Request.Header.Get("Content-Type") == "application/x-www-form-urlencoded"
	get := uploaded
	if again {
		get = carried
	}
	r, err := get(c)
	if err == nil {
		err = s.parse(c, &r)
	}
	if err != nil && (!again || !fault.Is(err, fault.Invalid)) {
		return s.showImport(c, http.StatusUnprocessableEntity, err)
	}
	return s.showPreview(c, http.StatusOK, r, err)
}

// showPreview shows the review with all that was chosen about it; err is why
// it was not stored.
func (s *Server) showPreview(c *gin.Context, status int, r review, err error) error {
	p := templates.ImportPreviewPage{Frame: s.nav(c, "Import preview", "coes", templates.Key{Press: "j k", Does: "down, up"}), Source: base64.RawURLEncoding.EncodeToString(r.bytes), FileName: r.fileName, Read: r.read.Zone}
	p.Foot = "Nothing stored yet"
	p.Intro = fmt.Sprintf("%s, %s. Nothing is stored yet, and nothing was made up.", r.fileName, templates.Bytes(int64(len(r.bytes))))
	if r.own != nil {
		templates.ImportFile(&p, r.own)
	} else {
		templates.ImportReview(&p, r.read, ticks(c))
		if err := s.previewFields(c, &p, r); err != nil {
			return err
		}
	}
	if err != nil {
		f := templates.Form{Fields: p.Fields}
		f, status, err = refused(c, f, err)
		if err != nil {
			return err
		}
		if p.Fields = f.Fields; len(p.Fields) == 0 {
			p.Error = "This could not be stored."
		}
	}
	return render(c, status, templates.ImportPreview, p)
}

// ticks says which rows are ticked: all of a fresh preview.
func ticks(c *gin.Context) func(list string, i int) bool {
	_, fresh := c.GetPostForm("read")
	ticked := map[string]bool{}
	for _, list := range []string{"take", "act"} {
		for _, i := range c.PostFormArray(list) {
			ticked[list+i] = true
		}
	}
	return func(list string, i int) bool { return !fresh || ticked[list+strconv.Itoa(i)] }
}

// previewFields asks what the text does not say.
func (s *Server) previewFields(c *gin.Context, p *templates.ImportPreviewPage, r review) error {
	teams, err := s.People.ListTeams(c.Request.Context())
	if err != nil {
		return err
	}
	team, _ := optionalID(c, "team")
	severity := templates.Field{Kind: "select", Name: "severity", Label: "Severity", Options: optional("not chosen", severityOptions(""))}
	if r.read.Severity != "" {
		severity.Hint = "The text says " + clip(r.read.Severity, 40) + "."
		severity.Options = severityOptions(strconv.Itoa(coe.SeverityOf(r.read.Severity)))
	} else if field(c, "severity") == "" {
		severity.Error = "Choose one. The text does not say."
	}
	p.Fields = []templates.Field{
		{Kind: "text", Name: "title", Label: "Title", Hint: "Name the problem people saw, not the system.", Value: r.read.Title, Required: true},
		severity,
		{Kind: "select", Name: "kind", Label: "Kind", Options: kindOptions("", coe.Incident)},
		{Kind: "select", Name: "team", Label: "Team", Options: optional("no team", teamOptions(teams, team))},
	}
	if r.read.ZoneStated {
		p.Facts = append(p.Facts, templates.Fact{Name: "Zone", Value: r.read.Zone + ", as the text says"})
	} else {
		p.Fields = append(p.Fields, templates.Field{Kind: "text", Name: "zone", Label: "Zone of all times", Hint: "The text names none. After a change, read it again.", Value: r.read.Zone, Auto: "off"})
	}
	if _, again := c.GetPostForm("read"); again {
		p.Fields = templates.Form{Fields: p.Fields}.Fill(c.PostFormArray).Fields
	}
	return nil
}

// clip cuts a text to n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// importStore stores the review as a draft of the importer.
func (s *Server) importStore(c *gin.Context) error {
	if err := mayImport(c); err != nil {
		return err
	}
	r, err := carried(c)
	if err == nil {
		err = s.parse(c, &r)
	}
	if err != nil {
		return s.showImport(c, http.StatusUnprocessableEntity, err)
	}
	if r.own != nil {
		return s.storeFile(c, r)
	}
	o, err := reviewOptions(c, r)
	var made coe.COE
	var unchanged bool
	if err == nil {
		made, unchanged, err = s.COEs.ImportReview(c.Request.Context(), who(c), r.read, r.bytes, o)
	}
	if err != nil {
		return s.showPreview(c, http.StatusUnprocessableEntity, r, err)
	}
	said := made.Name() + " is a draft now. The original is kept beside it."
	if unchanged {
		said = "unchanged → " + made.Name() + ". These bytes were imported before; nothing was stored."
	}
	return s.back(c, coePath(made.Number), templates.Flash{Text: said})
}

// reviewOptions reads what was chosen about the review.
func reviewOptions(c *gin.Context, r review) (coe.ImportReviewOptions, error) {
	o := coe.ImportReviewOptions{FileName: r.fileName, Title: field(c, "title"), Kind: coe.Kind(field(c, "kind")), Zone: r.read.Zone}
	if o.Title == "" {
		return o, fault.Invalidf("title", "A title is needed: name the problem as customers saw it.")
	}
	if read, ok := c.GetPostForm("read"); ok && r.read.Zone != read {
		return o, fault.Invalidf("zone", "The zone changed. Look at the times again before they are stored.")
	}
	var err error
	if o.Severity, err = strconv.Atoi(field(c, "severity")); err != nil || o.Severity < 1 || o.Severity > 4 {
		return o, fault.Invalidf("severity", "Choose one. The text does not say.")
	}
	team, err := optionalID(c, "team")
	if team != 0 {
		o.TeamID = &team
	}
	if err != nil {
		return o, err
	}
	if o.Events, err = indexes(c, "take", len(r.read.Events)); err == nil {
		o.Actions, err = indexes(c, "act", len(r.read.Actions))
	}
	return o, err
}

// indexes reads the ticked rows of a list of n.
func indexes(c *gin.Context, name string, n int) ([]int, error) {
	out := []int{}
	for _, text := range c.PostFormArray(name) {
		i, err := strconv.Atoi(text)
		if err != nil || i < 0 || i >= n {
			return nil, fault.Invalidf("title", "The preview does not fit the text any more. Read it again.")
		}
		out = append(out, i)
	}
	return out, nil
}

// storeFile takes in a file of our own format.
func (s *Server) storeFile(c *gin.Context, r review) error {
	made, out, err := s.COEs.ImportFile(c.Request.Context(), who(c), r.bytes, coe.ImportOptions{})
	if err != nil {
		return err
	}
	said := made.Name() + " is a draft of yours now."
	switch {
	case out.Unchanged:
		said = "unchanged → " + made.Name() + "."
	case out.NumberChanged:
		said = "Its number is taken: " + said
	}
	if n := len(out.People); n > 0 {
		said += fmt.Sprintf(" %d people were unknown; they are disabled readers.", n)
	}
	if out.FilesLeft > 0 {
		said += fmt.Sprintf(" %d attached files are not here, or not yours to read; they were left out.", out.FilesLeft)
	}
	return s.back(c, coePath(made.Number), templates.Flash{Text: said})
}
