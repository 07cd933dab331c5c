#include "textflag.h"

// Eight pixels at a time. A pixel is 32 bits, R in the lowest byte, and is handled as two words (R, B) and two words
// (G, A), so each weight is in both words of its pixel. With places u, v in 16.16 bits:
//
//	fx = u>>8 & 255, fy = v>>8 & 255, w = fx*fy >> 8
//	p  = (a0*(256-fx-fy+w) + a1*(fx-w) + b0*(fy-w) + b1*w + 128) >> 8    for each channel
//
// a0 is the pixel at u>>16, v>>16, a1 its right neighbour, and b0, b1 are the pixels below. Weights sum to 256, so no
// sum exceeds 16 bits. Over d, with a the alpha of p:
//
//	p + ((d*(256 - a - a>>7) + 128) >> 8)
//
// solidRow and blendRow do the same. A transparent pixel leaves d unchanged, an opaque pixel covers it.

// ramp is the number of steps from the first pixel to each pixel.
DATA ramp<>+0(SB)/8, $0x0000000100000000
DATA ramp<>+8(SB)/8, $0x0000000300000002
DATA ramp<>+16(SB)/8, $0x0000000500000004
DATA ramp<>+24(SB)/8, $0x0000000700000006
GLOBL ramp<>(SB), RODATA|NOPTR, $32

// fraction copies the second byte of each 32-bit value to both of its words; alpha copies the fourth.
DATA fraction<>+0(SB)/8, $0x8005800580018001
DATA fraction<>+8(SB)/8, $0x800d800d80098009
GLOBL fraction<>(SB), RODATA|NOPTR, $16
DATA alpha<>+0(SB)/8, $0x8007800780038003
DATA alpha<>+8(SB)/8, $0x800f800f800b800b
DATA alpha<>+16(SB)/8, $0x8007800780038003
DATA alpha<>+24(SB)/8, $0x800f800f800b800b
GLOBL alpha<>(SB), RODATA|NOPTR, $32

DATA rb<>+0(SB)/4, $0x00ff00ff
GLOBL rb<>(SB), RODATA|NOPTR, $4
DATA half<>+0(SB)/8, $0x0080008000800080
DATA half<>+8(SB)/8, $0x0080008000800080
DATA half<>+16(SB)/8, $0x0080008000800080
DATA half<>+24(SB)/8, $0x0080008000800080
GLOBL half<>(SB), RODATA|NOPTR, $32
DATA whole<>+0(SB)/8, $0x0100010001000100
DATA whole<>+8(SB)/8, $0x0100010001000100
DATA whole<>+16(SB)/8, $0x0100010001000100
DATA whole<>+24(SB)/8, $0x0100010001000100
GLOBL whole<>(SB), RODATA|NOPTR, $32

// FOUR reads four pixels with their right neighbours into here, and the pixels below them into below, for the indices
// at i, j, k and l. x and y are the lower halves of here and below. It overwrites AX, CX, t0 and t1. Loads that spread
// their bytes save shuffles, which are the bottleneck.
#define FOUR(i, j, k, l, x, here, y, below, t0, t1) \
	MOVL         i, AX                 \
	MOVL         j, CX                 \
	VMOVQ        (SI)(AX*4), x         \
	VBROADCASTSD (SI)(CX*4), t0        \
	VMOVQ        (DX)(AX*4), y         \
	VBROADCASTSD (DX)(CX*4), t1        \
	VPBLENDD     $0x0c, t0, here, here \
	VPBLENDD     $0x0c, t1, below, below \
	MOVL         k, AX                 \
	MOVL         l, CX                 \
	VBROADCASTSD (SI)(AX*4), t0        \
	VBROADCASTSD (DX)(AX*4), t1        \
	VPBLENDD     $0x30, t0, here, here \
	VPBLENDD     $0x30, t1, below, below \
	VBROADCASTSD (SI)(CX*4), t0        \
	VBROADCASTSD (DX)(CX*4), t1        \
	VPBLENDD     $0xc0, t0, here, here \
	VPBLENDD     $0xc0, t1, below, below

// func cellAVX2(out *byte, stride, eights, rows int, pix *uint32, width int, c *corners, blend int)
TEXT ·cellAVX2(SB), NOSPLIT, $160-64
	MOVQ out+0(FP), DI
	MOVQ stride+8(FP), R8
	MOVQ rows+24(FP), R9
	MOVQ pix+32(FP), SI
	MOVQ width+40(FP), AX
	MOVQ c+48(FP), BX
	MOVQ blend+56(FP), R11
	LEAQ (SI)(AX*4), DX

	// Scratch memory for the indices, the width, and the distances to the next eight in u and v, 32 bytes each. None of
	// them crosses a cache line, because data that was just written across two lines cannot be read back at once.
	LEAQ scratch-129(SP), R15
	ANDQ $-32, R15

	VMOVD          AX, X0
	VPBROADCASTD   X0, Y0
	VMOVDQU        Y0, 32(R15)
	VBROADCASTI128 fraction<>(SB), Y14
	VPBROADCASTD   rb<>(SB), Y15

row:
	// The first eight places, u in Y0 and v in Y1, and the distances to the next. Steps are truncated toward 0, as in
	// Go's division.
	VMOVDQU      (BX), X2            // ul, vl, ur, vr
	VPADDD       16(BX), X2, X3
	VMOVDQU      X3, (BX)
	VPSHUFD      $0xee, X2, X3
	VPSUBD       X2, X3, X3
	VPSRAD       $31, X3, X4
	VPSRLD       $28, X4, X4
	VPADDD       X4, X3, X3
	VPSRAD       $4, X3, X3
	VPBROADCASTD X3, Y4
	VPSHUFD      $0x55, X3, X3
	VPBROADCASTD X3, Y5
	VPBROADCASTD X2, Y0
	VPSHUFD      $0x55, X2, X2
	VPBROADCASTD X2, Y1
	VPMULLD      ramp<>(SB), Y4, Y6
	VPMULLD      ramp<>(SB), Y5, Y7
	VPADDD       Y6, Y0, Y0
	VPADDD       Y7, Y1, Y1
	VPSLLD       $3, Y4, Y4
	VPSLLD       $3, Y5, Y5
	VMOVDQU      Y4, 64(R15)
	VMOVDQU      Y5, 96(R15)

	MOVQ DI, R12
	MOVQ eights+16(FP), R10

pixels:
	VPSRAD  $16, Y1, Y2
	VPMULLD 32(R15), Y2, Y2
	VPSRAD  $16, Y0, Y3
	VPADDD  Y3, Y2, Y2
	VMOVDQU Y2, (R15)

	// Weights: of a0 in Y2, of b0 in Y3, of b1 in Y4, of a1 in Y5.
	VPSHUFB Y14, Y0, Y5
	VPSHUFB Y14, Y1, Y3
	VPMULLW Y3, Y5, Y4
	VPSRLW  $8, Y4, Y4
	VMOVDQU whole<>(SB), Y2
	VPSUBW  Y5, Y2, Y2
	VPSUBW  Y4, Y3, Y3
	VPSUBW  Y3, Y2, Y2
	VPSUBW  Y4, Y5, Y5
	VPADDD  64(R15), Y0, Y0
	VPADDD  96(R15), Y1, Y1

	// Pixels: a0 in Y8, a1 in Y9, b0 in Y12, b1 in Y13.
	FOUR((R15), 4(R15), 16(R15), 20(R15), X6, Y6, X10, Y10, Y12, Y13)
	FOUR(8(R15), 12(R15), 24(R15), 28(R15), X7, Y7, X11, Y11, Y12, Y13)
	VSHUFPS     $0x88, Y7, Y6, Y8
	VSHUFPS     $0xdd, Y7, Y6, Y9
	VSHUFPS     $0x88, Y11, Y10, Y12
	VSHUFPS     $0xdd, Y11, Y10, Y13

	// R and B in Y6, G and A in Y8.
	VPAND   Y15, Y8, Y6
	VPAND   Y15, Y9, Y7
	VPAND   Y15, Y12, Y10
	VPAND   Y15, Y13, Y11
	VPMULLW Y2, Y6, Y6
	VPMULLW Y5, Y7, Y7
	VPMULLW Y3, Y10, Y10
	VPMULLW Y4, Y11, Y11
	VPADDW  Y7, Y6, Y6
	VPADDW  Y11, Y10, Y10
	VPADDW  Y10, Y6, Y6
	VPADDW  half<>(SB), Y6, Y6
	VPSRLW  $8, Y6, Y6
	VPSRLW  $8, Y8, Y8
	VPSRLW  $8, Y9, Y9
	VPSRLW  $8, Y12, Y12
	VPSRLW  $8, Y13, Y13
	VPMULLW Y2, Y8, Y8
	VPMULLW Y5, Y9, Y9
	VPMULLW Y3, Y12, Y12
	VPMULLW Y4, Y13, Y13
	VPADDW  Y9, Y8, Y8
	VPADDW  Y13, Y12, Y12
	VPADDW  Y12, Y8, Y8
	VPADDW  half<>(SB), Y8, Y8
	VPANDN  Y8, Y15, Y8
	VPOR    Y8, Y6, Y6

	TESTQ R11, R11
	JZ    write

	// Over d, in Y7. Y8 holds d's weight, out of 256.
	VMOVDQU (R12), Y7
	VPSHUFB alpha<>(SB), Y6, Y8
	VPSRLW  $7, Y8, Y9
	VPADDW  Y9, Y8, Y8
	VMOVDQU whole<>(SB), Y9
	VPSUBW  Y8, Y9, Y8
	VPAND   Y15, Y7, Y9
	VPSRLW  $8, Y7, Y7
	VPMULLW Y8, Y9, Y9
	VPMULLW Y8, Y7, Y7
	VPADDW  half<>(SB), Y9, Y9
	VPADDW  half<>(SB), Y7, Y7
	VPSRLW  $8, Y9, Y9
	VPANDN  Y7, Y15, Y7
	VPOR    Y7, Y9, Y9
	VPADDD  Y9, Y6, Y6

write:
	VMOVDQU Y6, (R12)
	ADDQ    $32, R12
	DECQ    R10
	JNZ     pixels

	ADDQ    R8, DI
	DECQ    R9
	JNZ     row
	VZEROUPPER
	RET
