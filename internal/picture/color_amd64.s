#include "textflag.h"

// A pixel is 32 bits, R in the lowest byte. It is split into two pairs of 16 bits, (R, B) and (G, G); VPMADDWD
// multiplies a pair by a pair of factors and adds the two products, in 32 bits. Factors must be below 32768. Luma's
// factor for G (40254) is not, so each of the two Gs takes half of it.
//
//	luma   = (R*11966 + B*4064 + G*20127 + G*20127 + t) >> 16         for each pixel
//	chroma = (ΣR*a + ΣB*b + ΣG*c + t) >> 18                           for each four of them
//
// All sums are exact, so they are those of strip.portable.

DATA rb<>+0(SB)/4, $0x00ff00ff     // the bytes R and B
GLOBL rb<>(SB), RODATA|NOPTR, $4
DATA gg<>+0(SB)/8, $0x8005800580018001 // G to both words of a pixel
DATA gg<>+8(SB)/8, $0x800d800d80098009
GLOBL gg<>(SB), RODATA|NOPTR, $16
DATA lumaRB<>+0(SB)/4, $0x0fe02ebe // 4064, 11966
GLOBL lumaRB<>(SB), RODATA|NOPTR, $4
DATA lumaGG<>+0(SB)/4, $0x4e9f4e9f // 20127, 20127
GLOBL lumaGG<>(SB), RODATA|NOPTR, $4

// uvRB and uvG are the factors of U in their first half and those of V in the second, each for eight pixels.
DATA uvRB<>+0(SB)/8, $0x7070e63c7070e63c  // 28784, -6596
DATA uvRB<>+8(SB)/8, $0x7070e63c7070e63c
DATA uvRB<>+16(SB)/8, $0x7070e63c7070e63c
DATA uvRB<>+24(SB)/8, $0x7070e63c7070e63c
DATA uvRB<>+32(SB)/8, $0xf5b17070f5b17070 // -2639, 28784
DATA uvRB<>+40(SB)/8, $0xf5b17070f5b17070
DATA uvRB<>+48(SB)/8, $0xf5b17070f5b17070
DATA uvRB<>+56(SB)/8, $0xf5b17070f5b17070
GLOBL uvRB<>(SB), RODATA|NOPTR, $64
DATA uvG<>+0(SB)/8, $0x0000a9540000a954   // -22188
DATA uvG<>+8(SB)/8, $0x0000a9540000a954
DATA uvG<>+16(SB)/8, $0x0000a9540000a954
DATA uvG<>+24(SB)/8, $0x0000a9540000a954
DATA uvG<>+32(SB)/8, $0x000099df000099df  // -26145
DATA uvG<>+40(SB)/8, $0x000099df000099df
DATA uvG<>+48(SB)/8, $0x000099df000099df
DATA uvG<>+56(SB)/8, $0x000099df000099df
GLOBL uvG<>(SB), RODATA|NOPTR, $64

// order sorts the groups of four lumas, which packing leaves as top 0, 2, bottom 0, 2, top 1, 3, bottom 1, 3.
DATA order<>+0(SB)/8, $0x0000000400000000
DATA order<>+8(SB)/8, $0x0000000500000001
DATA order<>+16(SB)/8, $0x0000000600000002
DATA order<>+24(SB)/8, $0x0000000700000003
GLOBL order<>(SB), RODATA|NOPTR, $32

// LUMA makes the lumas of eight pixels, given as pairs in rb and gg, with the thresholds at t.
#define LUMA(rb, gg, t, out, tmp) \
	VPMADDWD rb, Y13, out    \
	VPMADDWD gg, Y12, tmp    \
	VPADDD   tmp, out, out   \
	VPADDD   t, out, out     \
	VPSRLD   $16, out, out

// func convertAVX2(y0, y1, u, v, top, bottom *byte, t0, t1, tc *int32, n int) (common uint32)
TEXT ·convertAVX2(SB), NOSPLIT, $0-84
	MOVQ y0+0(FP), DI
	MOVQ y1+8(FP), SI
	MOVQ u+16(FP), AX
	MOVQ v+24(FP), BX
	MOVQ top+32(FP), R8
	MOVQ bottom+40(FP), R9
	MOVQ t0+48(FP), R10
	MOVQ t1+56(FP), R11
	MOVQ tc+64(FP), R12
	MOVQ n+72(FP), CX

	VPBROADCASTD   rb<>(SB), Y15
	VBROADCASTI128 gg<>(SB), Y14
	VPBROADCASTD   lumaRB<>(SB), Y13
	VPBROADCASTD   lumaGG<>(SB), Y12
	VPERMQ         $0xd8, (R12), Y9 // in the order 0 1 4 5 2 3 6 7, in which adding pairs leaves chroma
	VPCMPEQD       Y8, Y8, Y8       // bits in common

loop:
	VMOVDQU (R8), Y0
	VMOVDQU 32(R8), Y1
	VMOVDQU (R9), Y2
	VMOVDQU 32(R9), Y3
	VPAND   Y0, Y8, Y8
	VPAND   Y1, Y8, Y8
	VPAND   Y2, Y8, Y8
	VPAND   Y3, Y8, Y8

	// The top row: (R, B) in Y4 and Y5, (G, G) in Y0 and Y1, luma in words in Y6.
	VPAND     Y0, Y15, Y4
	VPAND     Y1, Y15, Y5
	VPSHUFB   Y14, Y0, Y0
	VPSHUFB   Y14, Y1, Y1
	LUMA(Y4, Y0, (R10), Y6, Y10)
	LUMA(Y5, Y1, (R10), Y7, Y11)
	VPACKUSDW Y7, Y6, Y6

	// The bottom row, its pairs added to those of the top row, luma in words in Y7.
	VPAND     Y2, Y15, Y10
	VPSHUFB   Y14, Y2, Y2
	VPADDW    Y10, Y4, Y4
	VPADDW    Y2, Y0, Y0
	LUMA(Y10, Y2, (R11), Y7, Y11)
	VPAND     Y3, Y15, Y10
	VPSHUFB   Y14, Y3, Y3
	VPADDW    Y10, Y5, Y5
	VPADDW    Y3, Y1, Y1
	LUMA(Y10, Y3, (R11), Y2, Y11)
	VPACKUSDW Y2, Y7, Y7

	VPACKUSWB    Y7, Y6, Y6
	VMOVDQU      order<>(SB), Y7
	VPERMD       Y6, Y7, Y6
	VMOVDQU      X6, (DI)
	VEXTRACTI128 $1, Y6, (SI)

	// Neighbours are added: Y4 and Y0 hold the sums of four pixels each. A sum is 1020 at most.
	VPHADDD      Y5, Y4, Y4
	VPHADDD      Y1, Y0, Y0
	VPMADDWD     uvRB<>+0(SB), Y4, Y5
	VPMADDWD     uvG<>+0(SB), Y0, Y1
	VPADDD       Y1, Y5, Y5
	VPADDD       Y9, Y5, Y5
	VPSRAD       $18, Y5, Y5
	VPMADDWD     uvRB<>+32(SB), Y4, Y4
	VPMADDWD     uvG<>+32(SB), Y0, Y0
	VPADDD       Y0, Y4, Y4
	VPADDD       Y9, Y4, Y4
	VPSRAD       $18, Y4, Y4
	VPACKUSDW    Y4, Y5, Y5         // U 0 1 4 5, V 0 1 4 5, U 2 3 6 7, V 2 3 6 7
	VPACKUSWB    Y5, Y5, Y5
	VEXTRACTI128 $1, Y5, X4
	VPUNPCKLWD   X4, X5, X5         // U 0 to 7, V 0 to 7
	VMOVQ        X5, (AX)
	VPEXTRQ      $1, X5, (BX)

	ADDQ $64, R8
	ADDQ $64, R9
	ADDQ $16, DI
	ADDQ $16, SI
	ADDQ $8, AX
	ADDQ $8, BX
	SUBQ $16, CX
	JG   loop

	VEXTRACTI128 $1, Y8, X0
	VPAND        X0, X8, X8
	VPSHUFD      $0x4e, X8, X0
	VPAND        X0, X8, X8
	VPSHUFD      $0xb1, X8, X0
	VPAND        X0, X8, X8
	VMOVD        X8, AX
	MOVL         AX, common+80(FP)
	VZEROUPPER
	RET
