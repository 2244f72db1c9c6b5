package evidence

import "strings"

// regionPlaces are the places in the names that AWS shows for its regions.
var regionPlaces = [][2]string{
	{"calgary", "ca-west-1"},
	{"virginia", "us-east-1"},
	{"ohio", "us-east-2"},
	{"california", "us-west-1"},
	{"oregon", "us-west-2"},
	{"canada", "ca-central-1"},
	{"ireland", "eu-west-1"},
	{"london", "eu-west-2"},
	{"paris", "eu-west-3"},
	{"frankfurt", "eu-central-1"},
	{"zurich", "eu-central-2"},
	{"stockholm", "eu-north-1"},
	{"milan", "eu-south-1"},
	{"spain", "eu-south-2"},
	{"tokyo", "ap-northeast-1"},
	{"seoul", "ap-northeast-2"},
	{"osaka", "ap-northeast-3"},
	{"singapore", "ap-southeast-1"},
	{"sydney", "ap-southeast-2"},
	{"jakarta", "ap-southeast-3"},
	{"melbourne", "ap-southeast-4"},
	{"mumbai", "ap-south-1"},
	{"hyderabad", "ap-south-2"},
	{"hong kong", "ap-east-1"},
	{"paulo", "sa-east-1"},
	{"bahrain", "me-south-1"},
	{"uae", "me-central-1"},
	{"tel aviv", "il-central-1"},
	{"cape town", "af-south-1"},
	{"beijing", "cn-north-1"},
	{"ningxia", "cn-northwest-1"},
	{"us-west)", "us-gov-west-1"},
	{"us-east)", "us-gov-east-1"},
}

// regionNamed gives eu-west-1 of "EU (Ireland)" and of "EU - Ireland"; a name
// that is not known stays as it is.
func regionNamed(name string) string {
	if regionForm.MatchString(name) {
		return name
	}
	for _, known := range regionPlaces {
		if strings.Contains(strings.ToLower(name), known[0]) {
			return known[1]
		}
	}
	return name
}
