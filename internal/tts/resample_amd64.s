#include "textflag.h"

// Four outputs are computed at a time, so that an addition need not wait for the previous one of the same output. The
// operations are in the same order as in the Go function dot, and none is fused, so that every sum is rounded as in dot.

// EIGHT adds the products of eight samples.
#define EIGHT(src, coef, sum, tmp) \
	VMOVUPS (src)(CX*4), tmp       \
	VMULPS  (coef)(CX*4), tmp, tmp \
	VADDPS  tmp, sum, sum

// func dotsAVX2(out *float32, src, coef *[four]*float32, n int)
TEXT ·dotsAVX2(SB), NOSPLIT, $0-32
	MOVQ src+8(FP), AX
	MOVQ coef+16(FP), BX
	MOVQ n+24(FP), DX
	MOVQ (AX), SI
	MOVQ 8(AX), DI
	MOVQ 16(AX), R8
	MOVQ 24(AX), R9
	MOVQ (BX), R10
	MOVQ 8(BX), R11
	MOVQ 16(BX), R12
	MOVQ 24(BX), R13

	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	XORL   CX, CX

next:
	EIGHT(SI, R10, Y0, Y4)
	EIGHT(DI, R11, Y1, Y5)
	EIGHT(R8, R12, Y2, Y6)
	EIGHT(R9, R13, Y3, Y7)
	ADDQ $8, CX
	CMPQ CX, DX
	JB   next

	// Each register becomes the sums of its halves, (a+b)+(c+d) and (e+f)+(g+h), each in the place of its output.
	VHADDPS      Y1, Y0, Y0
	VHADDPS      Y3, Y2, Y2
	VHADDPS      Y2, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0
	MOVQ         out+0(FP), AX
	VMOVUPS      X0, (AX)
	VZEROUPPER
	RET
