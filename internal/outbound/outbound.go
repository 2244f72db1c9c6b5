// Package outbound fetches from other servers without becoming a door into our
// own network. The addresses an administrator configured are allowed exactly, as
// host and port; every other one must be https on port 443 and lead to a public
// address, which is judged when the connection is made, so that no name, redirect
// or second DNS answer gets around it. Redirects are never followed.
package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"coetracker/internal/fault"
)

// Limits of one fetch. None is infinite.
const (
	connectTime = 2 * time.Second
	headerTime  = 10 * time.Second
	totalTime   = 20 * time.Second
	// MaxBody is the most bytes an answer may have.
	MaxBody = 5 << 20
)

// Client fetches. It is safe for use by many at once.
type Client struct {
	allowed map[string]bool // host:port
	direct  *http.Client    // to allowed addresses
	public  *http.Client    // to everybody else
}

// New makes a client. Each of bases is an address such as
// http://prometheus.example:9090/prom whose host and port may be reached,
// wherever they lie; its credentials, query and fragment are refused.
func New(bases []string) (*Client, error) {
	c := &Client{allowed: map[string]bool{}}
	for _, base := range bases {
		u, err := parse(base)
		if err != nil {
			return nil, err
		}
		if u.RawQuery != "" || u.Fragment != "" {
			return nil, fault.Invalidf("url", "%s has a query or a fragment; give the base address only.", base)
		}
		c.allowed[hostPort(u)] = true
	}
	c.direct = client(&net.Dialer{Timeout: connectTime})
	c.public = client(&net.Dialer{Timeout: connectTime, Control: refusePrivate})
	return c, nil
}

func client(d *net.Dialer) *http.Client {
	return &http.Client{
		Timeout:       totalTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would dial for us
			DialContext:            d.DialContext,
			TLSHandshakeTimeout:    connectTime,
			ResponseHeaderTimeout:  headerTime,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true, // a small answer cannot become a large one
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        30 * time.Second,
		},
	}
}

// Answer is what a server said.
type Answer struct {
	Status int
	Body   []byte
}

// Get fetches an address. Refused addresses are fault.Invalid, servers that do
// not answer in time or say too much fault.Unavailable; any status is an answer,
// also one that would redirect.
func (c *Client) Get(ctx context.Context, address string, header map[string]string) (Answer, error) {
	u, err := parse(address)
	if err != nil {
		return Answer{}, err
	}
	via := c.direct
	if !c.allowed[hostPort(u)] {
		if via, err = c.public, checkPublic(u); err != nil {
			return Answer{}, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return Answer{}, refused(u)
	}
	req.Header.Set("User-Agent", "coe")
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := via.Do(req)
	if err != nil {
		if errors.Is(err, errPrivate) {
			return Answer{}, refused(u)
		}
		return Answer{}, fault.Unavailablef(err, "%s does not answer.", u.Host)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	switch {
	case err != nil:
		return Answer{}, fault.Unavailablef(err, "%s broke off its answer.", u.Host)
	case len(body) > MaxBody:
		return Answer{}, fault.Unavailablef(nil, "%s answers with more than %d MiB. Ask for less.", u.Host, MaxBody>>20)
	}
	return Answer{Status: resp.StatusCode, Body: body}, nil
}

// parse takes absolute http and https addresses without credentials.
func parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Opaque != "", u.Hostname() == "":
		return nil, fault.Invalidf("url", "“%s” is not an address we can fetch. Write it as https://host/path.", shorten(address))
	case u.User != nil:
		return nil, fault.Invalidf("url", "The address of %s holds a user name. Take it out.", u.Host)
	}
	return u, nil
}

func shorten(s string) string {
	const most = 100
	if len(s) <= most {
		return strings.ToValidUTF8(s, "?")
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// checkPublic judges an address nobody configured, before any name is looked up.
func checkPublic(u *url.URL) error {
	if u.Scheme != "https" || u.Port() != "" && u.Port() != "443" {
		return refused(u)
	}
	return nil
}

func refused(u *url.URL) error {
	return fault.Invalidf("url", "%s may not be reached from here. An administrator can allow its address in the configuration.", u.Host)
}

var errPrivate = errors.New("the address is not public")

// refusePrivate runs when the name is resolved and the socket about to connect.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", errPrivate, address)
	}
	if !Public(ap.Addr()) {
		return fmt.Errorf("%w: %s", errPrivate, ap.Addr())
	}
	return nil
}

// special are ranges that are not the public internet though netip counts them
// as global unicast, by the registries of special-purpose addresses.
var special = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
)

func prefixes(list ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(list))
	for i, s := range list {
		all[i] = netip.MustParsePrefix(s)
	}
	return all
}

// Public reports whether an address belongs to the public internet.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
