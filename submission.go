package lectern

// Submission is a checked deck that is to become a presentation.
type Submission struct {
	Deck        Deck
	Warnings    []Warning     // of parsing and checking
	Report      []SlideReport // what the parser made of each slide; nil: the author's text says it already
	Password    string        // of the deck's file, kept sealed until the file is imported; "": none
	CallbackURL string        // a webhook for every milestone is sent to it; "": none
	TraceParent string        // of the request, a traceparent of W3C Trace Context; "": none
	// Key is the caller's Idempotency-Key; "": sending the request twice makes two presentations. The Key must have been
	// reserved with the same Fingerprint (J13).
	Key         string
	Fingerprint string // of the request, lower-case hex
	Owner       string // of the presentation; "": DefaultOwner
	KeyID       string // of the API key that creates it; "": there is none
	Quota       Quota  // of that key
}
