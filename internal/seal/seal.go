// Package seal keeps secrets of others at rest: what is sealed can be read only
// with the key of this installation, and not changed unnoticed.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

// form is the first byte of what is sealed, so that another way can follow.
const form = 1

// KeySize is the length of a key in bytes.
const KeySize = 32

// ErrOpen says that something was sealed with another key, or changed since.
var ErrOpen = errors.New("the secret was sealed with another COE_SECRET_KEY, or is damaged")

// Box seals and opens with one key, by AES-256-GCM. Many may use it at once.
type Box struct{ aead cipher.AEAD }

// New makes a box of a key of KeySize bytes.
func New(key []byte) (*Box, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("seal: the key has %d bytes, not %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Box{aead}, nil
}

// Seal encrypts a secret; the same secret is never sealed to the same bytes twice.
func (b *Box) Seal(secret []byte) ([]byte, error) {
	return b.aead.Seal([]byte{form}, nil, secret, []byte{form}), nil
}

// Open gives the secret back, or ErrOpen.
func (b *Box) Open(sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != form {
		return nil, ErrOpen
	}
	secret, err := b.aead.Open(nil, nil, sealed[1:], []byte{form})
	if err != nil {
		return nil, ErrOpen
	}
	return secret, nil
}
