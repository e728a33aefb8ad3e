-- Asks another question each time, so that nothing that was kept is given again: wrk -c32 -d20 -s benchmarks/ask.lua URL
local asked = 0

function request()
  asked = asked + 1
  return wrk.format("GET", "/api/search?query=What+did+witness+number+" .. asked .. "+say+of+the+flood%3F")
end
