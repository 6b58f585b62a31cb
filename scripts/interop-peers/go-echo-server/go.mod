module go-echo-server

go 1.26
