package lectern

// Submission is a checked deck that is to become a presentation.
type Submission struct {
	Deck        Deck
	Warnings    []Warning // of parsing and checking
	CallbackURL string    // told of every milestone; "": nobody is
	TraceParent string    // of the request, as W3C Trace Context writes it; "": none
	// Key is the caller's Idempotency-Key; "": the same request twice makes two presentations. A Key must have been
	// reserved with the same Fingerprint (J13).
	Key         string
	Fingerprint string // of the request, lower-case hex
	Owner       string // whose presentation it becomes; "": DefaultOwner
	KeyID       string // of the API key that creates it; "": there is none
	Quota       Quota  // of that key
}
