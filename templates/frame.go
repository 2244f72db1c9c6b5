package templates

// Frame is what every page shows around its content.
type Frame struct {
	Title     string
	Nav       string // the current item of the main navigation: coes, actions, weekly, services, experiments, people
	Me        Me
	SignedIn  bool
	MayCreate bool
	Admin     bool
	CSS, JS   string // hashed paths of the style sheet and the script
	Icon      string
	Demo      *DemoBar
	Flashes   []Flash
	Path      string // this page, for links that come back
	Zone      string // the foot line says which zone times are in
	Foot      string // the save state, or what else the foot line says
	Keys      []Key
}

// Me is the person who reads the page.
type Me struct {
	ID   int64
	Name string
}

// Key is one keyboard key of a page, shown in the foot line and in the overlay.
type Key struct{ Press, Does string }

// Flash answers what was just done, with the one useful link.
type Flash struct {
	Kind string // "", warn, bad
	Text string
	Href string
	Link string
}

// Class gives the flash's class names.
func (f Flash) Class() string {
	if f.Kind == "" {
		return "flash"
	}
	return "flash f-" + f.Kind
}

// Alert reports whether the flash has to be read out at once.
func (f Flash) Alert() bool { return f.Kind == "bad" }

// DemoBar shows the demo's time and moves it on.
type DemoBar struct {
	Now   string // "Wed 18 Mar 2026, 09:05 Europe/Berlin"
	Slack string // address of the stand-in for Slack
}
