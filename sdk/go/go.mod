module braid

go 1.24
