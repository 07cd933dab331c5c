// Package pdf reads PDF files and draws their pages. It runs PDFium, the engine of Chrome, as WebAssembly inside this
// process: there is no C code to link and no program to install.
//
// PDF files come from strangers. A file can lie about its size, nest without end, or unpack to gigabytes. So each open
// document has a worker of its own, a sandbox without network and with no files but the system's fonts. The memory of a
// worker is bounded, and so is the time of each call. A worker that fails, or is stopped, is discarded with all its
// memory; the document gets a new one for its next call.
//
// The first start compiles PDFium, which takes about four seconds of processor time. [Options.CacheDir] keeps the
// result, and later starts take a third of a second.
//
// Pages count from 1. Errors that blame the file are a *[lectern.Failure].
package pdf

// Version names the library and with it the build of PDFium. Pictures of the same page can differ between versions.
const Version = "go-pdfium v1.21.4"
