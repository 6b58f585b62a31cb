module go-client

go 1.26
