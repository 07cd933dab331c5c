package queue

// Quiet is for the tests.
var Quiet = quiet
