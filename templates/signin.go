package templates

// SignInPage is /signin: how to get in, and the form that spends a link.
type SignInPage struct {
	Frame
	Token string // set on /signin/{token}: the form that spends it
	Spent bool   // the link was used, is too old, or never was
}

// SignIn is the page of SignInPage.
var SignIn = page[SignInPage]("signin.html")
