// Package office converts office files to PDF with LibreOffice. No other package knows that program.
//
// An office file comes from a stranger, and LibreOffice on its own does what the file says: it fetches linked pictures
// from any address, draws linked files of this machine into the PDF, and runs for as long as it likes. So it runs
// contained, and each of these layers holds without the others:
//
//   - A new profile for every process, which is deleted after it. It blocks linked content and macros.
//   - The input filter is named, so a file that only claims to be a presentation is not loaded as something else.
//   - The kernel refuses all sockets except those between processes of this machine (seccomp), and all files except
//     LibreOffice's own, the fonts and the folder of the conversion (Landlock), where it can.
//   - A network namespace without any interface, where the system allows it.
//   - Bounds of time, memory, processor time and file size, a small environment, and an own process group.
//
// The second and third item need a child of this program, [ChildMain], which takes on the restrictions and then becomes
// LibreOffice. Systems other than Linux have only the profile, the filter's name and the bounds of time; see
// [Converter.Examine].
//
// Nearly all the cost of a conversion is the start of LibreOffice, about three seconds of processor time. So one
// process converts all files that wait, see [Converter.ToPDF]. Its exit status says nothing: only the output counts.
package office
