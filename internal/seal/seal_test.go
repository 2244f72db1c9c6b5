package seal_test

import (
	"bytes"
	"errors"
	"testing"

	"coetracker/internal/seal"
)

func box(t *testing.T, fill byte) *seal.Box {
	t.Helper()
	b, err := seal.New(bytes.Repeat([]byte{fill}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealedSecretsComeBackAndDiffer(t *testing.T) {
	t.Parallel()
	b := box(t, 1)
	for _, secret := range []string{"", "x", "a secret with blanks", string(bytes.Repeat([]byte("long"), 1000))} {
		one, err := b.Seal([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		two, _ := b.Seal([]byte(secret))
		if bytes.Equal(one, two) {
			t.Errorf("%q is sealed to the same bytes twice", secret)
		}
		if len(secret) > 3 && bytes.Contains(one, []byte(secret)) {
			t.Errorf("%q can be read in what is sealed", secret)
		}
		if got, err := b.Open(one); err != nil || string(got) != secret {
			t.Errorf("opened %q, %v; want %q", got, err, secret)
		}
	}
}

func TestEveryChangedByteIsNoticed(t *testing.T) {
	t.Parallel()
	b := box(t, 1)
	sealed, err := b.Seal([]byte("a secret"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := b.Open(bad); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("byte %d changed gives %v, want ErrOpen", i, err)
		}
	}
	for n := range sealed {
		if _, err := b.Open(sealed[:n]); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("the first %d bytes give %v, want ErrOpen", n, err)
		}
	}
	if _, err := box(t, 2).Open(sealed); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("another key gives %v, want ErrOpen", err)
	}
}

func TestKeysOfAnotherLengthAreRefused(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 16, 31, 33} {
		if _, err := seal.New(make([]byte, n)); err == nil {
			t.Errorf("a key of %d bytes is taken", n)
		}
	}
}
