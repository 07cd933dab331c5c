package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Secrets are never printed, logged or passed to children, and no setting holds them.
type Secrets struct {
	ElaiToken   string // "": there are no avatars of Elai
	ElaiWebhook string // shared with Elai, to verify its webhooks; "": they are not accepted
	SecretKey   string // encrypts secrets in the database; "": a key in the data folder does
	APIKey      string // an admin key in addition to those in the database; "": none
	Webhook     string // signs messages to callback addresses, "whsec_…"; "": a secret in the database does
}

// The variables of secrets.
const (
	ElaiTokenVariable   = "ELAI_API_TOKEN"
	ElaiWebhookVariable = EnvPrefix + "ELAI_WEBHOOK_SECRET"
	WebhookVariable     = EnvPrefix + "WEBHOOK_SECRET"
	SecretKeyVariable   = EnvPrefix + "SECRET_KEY"
	APIKeyVariable      = EnvPrefix + "API_KEY"
)

// String hides the secrets in printed values.
func (Secrets) String() string { return "(secrets)" }

// GoString hides the secrets in values that are printed as Go syntax.
func (Secrets) GoString() string { return "(secrets)" }

const (
	maxSecret = 4 << 10
	minAPIKey = 32
	maxAPIKey = 256
)

// ReadSecrets reads the secrets from the environment, as os.Environ returns it, and from the files that c names. Its
// error is an *Error and holds none of them.
func (c Config) ReadSecrets(environ []string) (Secrets, error) {
	var s Secrets
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		switch name {
		case ElaiTokenVariable:
			s.ElaiToken = strings.TrimSpace(value)
		case ElaiWebhookVariable:
			s.ElaiWebhook = strings.TrimSpace(value)
		case SecretKeyVariable:
			s.SecretKey = strings.TrimSpace(value)
		case APIKeyVariable:
			s.APIKey = strings.TrimSpace(value)
		case WebhookVariable:
			s.Webhook = strings.TrimSpace(value)
		}
	}
	if s.ElaiToken == "" && c.Elai.TokenFile != "" {
		var err error
		if s.ElaiToken, err = readSecret(c.Elai.TokenFile); err != nil {
			return Secrets{}, &Error{Key: "elai.token_file", Cause: err,
				Allowed: "a file that holds only the token, and that only its owner can read"}
		}
	}
	if s.SecretKey == "" && c.SecretKey != "" {
		var err error
		if s.SecretKey, err = readSecret(c.SecretKey); err == nil && s.SecretKey == "" {
			err = fmt.Errorf("%s is empty", c.SecretKey)
		}
		if err != nil {
			return Secrets{}, &Error{Key: "secret_key_file", Cause: err,
				Allowed: "a file that holds only the key, and that only its owner can read"}
		}
	}
	if strings.ContainsAny(s.ElaiToken, " \t\r\n\x00") {
		return Secrets{}, &Error{Key: "elai.token_file", Cause: errors.New("Elai's token has several words"),
			Allowed: "one token, without white space"}
	}
	if s.APIKey != "" && (len(s.APIKey) < minAPIKey || len(s.APIKey) > maxAPIKey ||
		strings.ContainsFunc(s.APIKey, func(c rune) bool { return c <= ' ' || c > '~' })) {
		return Secrets{}, &Error{
			Key: APIKeyVariable, Cause: fmt.Errorf("the key has %d characters, which are too few to be safe or too many, or "+
				"some of them cannot be sent in a header", len(s.APIKey)),
			Allowed: fmt.Sprintf("%d to %d visible ASCII characters without spaces, such as what \"openssl rand -hex 32\" "+
				"prints", minAPIKey, maxAPIKey),
		}
	}
	return s, nil
}

func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("other users can read %s: chmod 600 %s", path, path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", err
	}
	if len(b) > maxSecret {
		return "", fmt.Errorf("%s has more than %d bytes, so it cannot be a token or a key", path, maxSecret)
	}
	return strings.TrimSpace(string(b)), nil
}
