package evidence

import (
	"testing"

	"coetracker/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }
