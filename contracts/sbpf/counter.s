; A counter: adds one to the number in the first eight bytes of its first account, which has to be
; writable and to belong to this program, and returns the number.
;
; Input of a program (https://solana.com/docs/programs): the number of accounts at r1, the first
; account from byte 8 on, its data from byte 96 on.
.globl entrypoint
entrypoint:
    ldxdw r2, [r1+0]
    jeq r2, 0, missing
    ldxdw r2, [r1+96]
    add64 r2, 1
    stxdw [r1+96], r2
    stxdw [r10-8], r2
    mov64 r1, r10
    sub64 r1, 8
    mov64 r2, 8
    call sol_set_return_data
    mov64 r0, 0
    exit
missing:
    mov64 r0, 1
    exit
